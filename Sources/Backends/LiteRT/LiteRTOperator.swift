/// The operators of the format that the scan treats in their own way, by the numbers of the schema.
enum LiteRTOperator: Int {
    case add = 0
    case lstm = 16
    case custom = 32
    case subtract = 41
    case unidirectionalLSTM = 44
    case bidirectionalRNN = 46
    case bidirectionalLSTM = 52
    case split = 49
    case less = 58
    case greater = 61
    case greaterEqual = 62
    case lessEqual = 63
    case transposedConvolution = 67
    case equal = 71
    case notEqual = 72
    case pack = 83
    case unpack = 88
    case squaredDifference = 99
    case splitByLengths = 102
    case conditional = 118
    case loop = 119
    case callOnce = 129
    case convolution3D = 132
    case transposedConvolution3D = 141
    case stablehloReduce = 174
    case stablehloScatter = 190
    case stablehloReduceWindow = 198
    case stablehloSort = 199
    case stablehloLoop = 200
    case stablehloComposite = 206
    case stablehloCase = 209

    /// Whether an input that is left out may be one of the first two.
    var hasManyOptionalInputs: Bool {
        switch self {
        case .lstm, .unidirectionalLSTM, .bidirectionalRNN, .bidirectionalLSTM: true
        default: false
        }
    }

    /// Whether the runtime brings all quantised tensors of the operator to one scale, and ends the process
    /// if they lie too far apart.
    var comparesScales: Bool {
        switch self {
        case .add, .subtract, .squaredDifference, .less, .lessEqual, .greater, .greaterEqual, .equal,
            .notEqual:
            true
        default: false
        }
    }

    /// Whether the runtime takes the type of the result for that of the operands.
    var keepsType: Bool {
        switch self {
        case .add, .subtract, .squaredDifference: true
        default: false
        }
    }

    /// The field of the options that says how many tensors the operator takes or gives, which the runtime
    /// believes more than how many there are.
    var countField: (kind: Int, field: Int, isOfInputs: Bool)? {
        switch self {
        case .split: (35, 0, false)
        case .splitByLengths: (79, 0, false)
        case .unpack: (64, 0, false)
        case .pack: (59, 0, true)
        default: nil
        }
    }

    /// The fields of the options by which the runtime divides.
    var divisorFields: (kind: Int, fields: [Int])? {
        switch self {
        case .transposedConvolution: (49, [1, 2])
        case .convolution3D, .transposedConvolution3D: (106, [1, 2, 3])
        default: nil
        }
    }

    /// Where the numbers of the graphs are that the operator uses.
    struct GraphFields {
        /// Of the operator: what kind of options it has, and the options.
        let kindField: Int
        let optionsField: Int
        /// What kind they have to be.
        let kind: Int
        /// Of the options.
        let fields: [Int]
        /// Whether the only field is a list.
        var isList = false
    }

    /// Nil for one that uses none.
    var graphFields: GraphFields? {
        switch self {
        case .conditional: GraphFields(kindField: 3, optionsField: 4, kind: 92, fields: [0, 1])
        case .loop: GraphFields(kindField: 3, optionsField: 4, kind: 93, fields: [0, 1])
        case .callOnce: GraphFields(kindField: 3, optionsField: 4, kind: 103, fields: [0])
        case .stablehloReduce: GraphFields(kindField: 11, optionsField: 12, kind: 6, fields: [1])
        case .stablehloScatter: GraphFields(kindField: 11, optionsField: 12, kind: 7, fields: [6])
        case .stablehloReduceWindow: GraphFields(kindField: 11, optionsField: 12, kind: 13, fields: [5])
        case .stablehloSort: GraphFields(kindField: 11, optionsField: 12, kind: 14, fields: [2])
        case .stablehloLoop: GraphFields(kindField: 11, optionsField: 12, kind: 15, fields: [0, 1])
        case .stablehloComposite: GraphFields(kindField: 11, optionsField: 12, kind: 21, fields: [1])
        case .stablehloCase:
            GraphFields(kindField: 11, optionsField: 12, kind: 23, fields: [0], isList: true)
        default: nil
        }
    }
}
