

xPlaceholder*
dtype0
C
yPartitionedCallx*
Tin
2*
Tout
2*
fR
manyP
N

many
a
b&
sumAddNaa*

N€Â×/*
T0"
b	sum:sum:0