import Tensors

@testable import Execution

/// A model as a queue sees it: an identity and its settings.
final class BatchModel: Sendable {
    let settings: BatchSettings

    init(_ maximum: Int, _ minimum: Int = 0, milliseconds: Int = 0) {
        settings = BatchSettings(
            maximumSize: maximum, minimumSize: minimum, minimumTimeoutMilliseconds: milliseconds)
    }

    /// What a request `[rows, width]` of UINT8 is to the queue.
    func member(rows: Int, width: Int = 1) -> BatchMember? {
        do throws(TensorError) {
            let input = try Tensor(zerosOf: .uint8, shape: TensorShape([rows, width]))
            return BatchMember(model: ObjectIdentifier(self), settings: settings, inputs: [input])
        } catch {
            preconditionFailure("a few zeros were refused")
        }
    }
}

/// A queue whose requests have numbers, in the order in which they come.
struct NumberedQueue {
    typealias Decision = BatchQueue<Int>.Decision

    var queue = BatchQueue<Int>()
    private(set) var tickets: [BatchQueue<Int>.Ticket] = []
    /// Kept alive, as a request keeps its model.
    private var models: [BatchModel] = []

    /// Adds a request with the next number; `model` nil for one that runs by itself.
    mutating func add(
        _ model: BatchModel?, rows: Int = 1, width: Int = 1, at time: Int = 0, isUrgent: Bool = false
    ) {
        let member = model.flatMap { $0.member(rows: rows, width: width) }
        if let model { models.append(model) }
        tickets.append(queue.append(tickets.count, as: member, queuedAt: time, isUrgent: isUrgent))
    }

    mutating func remove(_ number: Int) -> Int? { queue.remove(tickets[number]) }

    mutating func next(at time: Int = 0) -> Decision { queue.next(at: time) }

    /// What is decided, one after the other, until nothing runs at that time.
    mutating func decisions(at time: Int = 0) -> [Decision] {
        var decisions: [Decision] = []
        while true {
            let decision = queue.next(at: time)
            decisions.append(decision)
            if case .wait = decision { return decisions }
        }
    }
}
