

xPlaceholder*
dtype0
%
yUnpackx*
T0*
num€Â×/