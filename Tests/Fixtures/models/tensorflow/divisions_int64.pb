
7
aPlaceholder*
dtype0	*
shape:ÿÿÿÿÿÿÿÿÿ
7
bPlaceholder*
dtype0	*
shape:ÿÿÿÿÿÿÿÿÿ
$
divideTruncateDivab*
T0	
'
floor_divideFloorDivab*
T0	
!
moduloFloorModab*
T0	
'
	remainderTruncateModab*
T0	"ª