

xPlaceholder*
dtype0
"
y	IdentityNxx*
T
2