import Execution
import Tensors

/// What a Python process holds of the server's, by number: it lives at least as long as it is held.
struct HeldObjects {
    /// What a number stands for.
    enum Object {
        case tensor(Tensor)
        case model(Model)
        case script(Script)
        case commands(ManyCommands)
    }

    /// At most so many at a time.
    static let countLimit = 1_000_000

    private var objects: [Int: Object] = [:]

    /// - Throws: `ObjectError.tooMany` if there is no place for so many more.
    func checkRoom(for count: Int) throws(FlowError) {
        guard count <= Self.countLimit - objects.count else {
            throw .object(.tooMany(limit: Self.countLimit))
        }
    }

    mutating func hold(_ object: Object, as number: Int) { objects[number] = object }

    /// Nobody holds it any more.
    mutating func release(_ number: Int) { objects[number] = nil }

    mutating func releaseAll() { objects = [:] }

    /// - Throws: `ObjectError.unknown`; so do the others.
    func tensor(_ number: Int) throws(FlowError) -> Tensor {
        guard case .tensor(let tensor) = objects[number] else { throw .object(.unknown("tensor")) }
        return tensor
    }

    func model(_ number: Int) throws(FlowError) -> Model {
        guard case .model(let model) = objects[number] else { throw .object(.unknown("model")) }
        return model
    }

    func script(_ number: Int) throws(FlowError) -> Script {
        guard case .script(let script) = objects[number] else { throw .object(.unknown("script")) }
        return script
    }

    func commands(_ number: Int) throws(FlowError) -> ManyCommands {
        guard case .commands(let many) = objects[number] else { throw .object(.unknown("commands")) }
        return many
    }
}
