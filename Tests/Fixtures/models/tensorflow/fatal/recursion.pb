

callagain

xPlaceholder*
dtype0
 
yIdentityx^call*
T0


again
callagain