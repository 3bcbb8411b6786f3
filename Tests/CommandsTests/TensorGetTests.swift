import Tensors
import Testing

@testable import Commands
@testable import Redis

@Suite struct TensorGetTests {
    @Test func readsTheKey() throws {
        #expect(try Line("AI.TENSORGET my:key").parsed(as: TensorGet.self).key.word == "my:key")
    }

    @Test(
        arguments: [
            ("AI.TENSORGET k", true, .blob), ("AI.TENSORGET k META", true, .none),
            ("AI.TENSORGET k BLOB", false, .blob),
            ("AI.TENSORGET k VALUES", false, .values), ("AI.TENSORGET k META BLOB", true, .blob),
            ("AI.TENSORGET k BLOB META", true, .blob), ("AI.TENSORGET k META VALUES", true, .values),
            ("AI.TENSORGET k VALUES META", true, .values), ("AI.TENSORGET k META META", true, .none),
            ("AI.TENSORGET k meta Values", true, .values), ("AI.TENSORGET k blob BLOB", false, .blob),
        ] as [(Line, Bool, TensorFormat.Data)])
    func readsTheFormat(_ line: Line, _ hasMeta: Bool, _ data: TensorFormat.Data) throws {
        let format = try line.parsed(as: TensorGet.self).format
        #expect(format.hasMeta == hasMeta && format.data == data)
    }

    static let arity = "ERR wrong number of arguments for 'AI.TENSORGET' command"

    @Test(
        arguments: [
            ("AI.TENSORGET", arity), ("AI.TENSORGET k META BLOB META", arity),
            ("AI.TENSORGET k a b c", arity),
            ("AI.TENSORGET k WRONG", "ERR unsupported data format"),
            ("AI.TENSORGET k ''", "ERR unsupported data format"),
            ("AI.TENSORGET k META X", "ERR unsupported data format"),
            ("AI.TENSORGET k BLOB X", "ERR unsupported data format"),
            ("AI.TENSORGET k BLOB VALUES", "ERR both BLOB and VALUES specified"),
            ("AI.TENSORGET k VALUES BLOB", "ERR both BLOB and VALUES specified"),
        ] as [(Line, String)])
    func refuses(_ line: Line, _ text: String) {
        #expect(line.refusal(by: TensorGet.self) == text)
    }

    @Test(arguments: ["AI.TENSORGET", "AI.TENSORGET k META BLOB META"] as [Line])
    func answersTheArityErrorOnce(_ line: Line) {
        #expect(line.answer(of: TensorGet.self) == ["-" + Self.arity])
    }
}

/// What `AI.TENSORGET` answers, reply by reply.
@Suite struct TensorReplyTests {
    static func replies(_ tensorLine: Line, _ format: Line) throws -> [String] {
        let context = FakeContext()
        let tensor = try tensorLine.parsed(as: TensorSet.self).tensor
        RedisContext(context.pointer).reply(tensor, as: try format.parsed(as: TensorGet.self).format)
        return context.replies
    }

    @Test(
        arguments: [
            ("x k META", ["*4", "$dtype", "$INT8", "$shape", "*2", ":2", ":1"]),
            ("x k", ["*6", "$dtype", "$INT8", "$shape", "*2", ":2", ":1", "$blob", "$AB"]),
            (
                "x k VALUES META",
                ["*6", "$dtype", "$INT8", "$shape", "*2", ":2", ":1", "$values", "*2", ":65", ":66"]
            ),
            ("x k BLOB", ["$AB"]), ("x k VALUES", ["*2", ":65", ":66"]),
        ] as [(Line, [String])])
    func hasTheParts(_ format: Line, _ replies: [String]) throws {
        #expect(try Self.replies("x k INT8 2 1 VALUES 65 66", format) == replies)
    }

    @Test(
        arguments: [
            ("x k FLOAT 2 VALUES 0.5 -2", ["*2", ",0.5", ",-2.0"]),
            ("x k DOUBLE VALUES 0.1", ["*1", ",0.1"]),
            ("x k FLOAT 1 VALUES 0.1", ["*1", ",0.10000000149011612"]),
            ("x k FLOAT16 1 VALUES 2", ["*1", ",2.0"]),
            ("x k BFLOAT16 1 VALUES 2", ["*1", ",2.0"]), ("x k FLOAT 1 VALUES -inf", ["*1", ",-inf"]),
            ("x k INT16 2 VALUES -5 7", ["*2", ":-5", ":7"]), ("x k BOOL 2 VALUES 1 0", ["*2", ":1", ":0"]),
            ("x k UINT32 1 VALUES 4294967295", ["*1", ":4294967295"]),
            (
                "x k UINT64 2 VALUES 9223372036854775807 9223372036854775808",
                ["*2", ":9223372036854775807", "(9223372036854775808"]
            ),
            ("x k STRING 3 VALUES a '' bc", ["*3", "$a", "$", "$bc"]), ("x k INT8 0", ["*0"]),
        ] as [(Line, [String])])
    func hasTheValuesOfItsType(_ tensor: Line, _ replies: [String]) throws {
        #expect(try Self.replies(tensor, "x k VALUES") == replies)
    }

    @Test func aScalarHasAnEmptyShape() throws {
        #expect(
            try Self.replies("x k INT8 VALUES 5", "x k META VALUES")
                == ["*6", "$dtype", "$INT8", "$shape", "*0", "$values", "*1", ":5"])
    }

    @Test(arguments: DataType.allCases)
    func namesTheTypeInUpperCase(_ type: DataType) throws {
        let replies = try Self.replies(Line("x k \(type.wireName.description.lowercased()) 1"), "x k META")
        #expect(replies[2] == "$\(type.wireName)")
    }
}

/// Replies that are not what was given.
@Suite struct ErrorReplyTests {
    @Test(arguments: [
        ("ERR one line", "-ERR one line"), ("a\nb", "-a b"), ("a\r\nb", "-a  b"), ("a\rb\n", "-a b "),
        ("", "-"),
        ("\n\n", "-  "),
    ])
    func lineBreaksBecomeBlanks(_ text: String, _ reply: String) {
        let context = FakeContext()
        RedisContext(context.pointer).reply(error: text)
        #expect(context.replies == [reply])
    }
}
