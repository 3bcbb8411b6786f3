

callReadFile

xPlaceholder*
dtype0
 
yIdentityx^call*
T0



ReadFile