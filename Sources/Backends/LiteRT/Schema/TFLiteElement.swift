// Written by `make vendor-names` from the schema in ai-edge-litert 2.3.0; change nothing here.

/// Element types of tensors in the TFLite format.
enum TFLiteElement: Int {
    case float32 = 0
    case float16 = 1
    case int32 = 2
    case uint8 = 3
    case int64 = 4
    case string = 5
    case bool = 6
    case int16 = 7
    case complex64 = 8
    case int8 = 9
    case float64 = 10
    case complex128 = 11
    case uint64 = 12
    case resource = 13
    case variant = 14
    case uint32 = 15
    case uint16 = 16
    case int4 = 17
    case bfloat16 = 18
    case int2 = 19
    case uint4 = 20
    case float8E4M3Fn = 21
    case float8E5M2 = 22
}
