/// What waits for the workers of a device, and which of it runs next.
///
/// Pure: its owner holds the lock, tells the time and runs what it is given. Requests that can be joined
/// stand in a lane of their kind and leave it in the order in which they came, as many at once as fit into
/// a batch. Of all lanes that need not wait for MINBATCHSIZE, the one whose first request is the oldest is
/// next; one that waits keeps nobody else waiting. All others stand in one lane and leave one by one.
///
/// Each change costs O(log n) in the number of lanes, and never depends on how many requests wait.
struct BatchQueue<Element> {
    enum Decision {
        /// Run this one by itself.
        case run(Element)
        /// Run these together, in this order; at least two.
        case runTogether([Element])
        /// Nothing runs before that time in nanoseconds, or a change; nil = before a change.
        case wait(until: Int?)
    }

    /// A request's place in the queue, to take it out again.
    struct Ticket: Hashable, Sendable {
        fileprivate let node: Int
        fileprivate let number: Int
    }

    fileprivate struct Waiting {
        let element: Element
        /// Counts all requests ever queued: the lower, the older.
        let number: Int
        let rowCount: Int
        let queuedAt: Int
        let lane: Int
        /// Whether its batch runs with what it has.
        var isUrgent: Bool
    }

    fileprivate struct Lane {
        var kind: BatchMember.Kind?
        var policy: BatchPolicy
        var requests = LinkedLists<Waiting>.List()
        var requestCount = 0
        /// The next batch: the requests before `end`.
        var batch = BatchPolicy.Batch()
        /// Those of the batch that are urgent.
        var urgentCount = 0
        /// The first request that does not belong to the next batch; nil if all do.
        var end: Int?
        /// Whether the first request has waited for as long as it may.
        var isDue = false
        /// Requests that are counted as waiting for a batch: all or none.
        var patientCount = 0
        /// The number of the first request that `takeNotices` has told of.
        var noticed = 0
    }

    /// Those of requests that run by themselves.
    private static var aloneLane: Int { 0 }

    private(set) var count = 0
    /// Those of them that wait for MINBATCHSIZE, while the others could run.
    private(set) var patientCount = 0
    private var patientCounts: [ObjectIdentifier: Int] = [:]
    private var requests = LinkedLists<Waiting>()
    private var lanes = [Lane(kind: nil, policy: .alone)]
    private var freeLanes: [Int] = []
    private var lanesOfKinds: [BatchMember.Kind: Int] = [:]
    /// Lanes whose next batch may run, by the number of its first request.
    private var ready = IndexedHeap()
    /// Lanes that wait for MINBATCHSIZE, by the time at which they run all the same.
    private var waiting = IndexedHeap()
    /// Those of them that wait without a limit and have not been told of, by the time of the first request.
    private var unnoticed = IndexedHeap()
    private var lastNumber = 0

    var isEmpty: Bool { count == 0 }
    /// Whether something could run now.
    var isReady: Bool { ready.first != nil }
    /// When a batch runs with what it has; nil if none waits with a limit.
    var deadline: Int? { waiting.first.flatMap { $0.key == Self.never ? nil : $0.key } }
    /// When the oldest request came of those that `takeNotices` has not told of; nil if there is none.
    var oldestUnnoticed: Int? { unnoticed.first?.key }

    /// Requests to a model that wait for MINBATCHSIZE.
    func patientCount(of model: ObjectIdentifier) -> Int { patientCounts[model] ?? 0 }

    /// Whether a request waits for MINBATCHSIZE; false if it has left the queue.
    func isPatient(_ ticket: Ticket) -> Bool {
        guard let request = requests[ticket.node], request.number == ticket.number else { return false }
        return lanes[request.lane].patientCount > 0
    }

    /// Adds a request at the end.
    ///
    /// - Parameters:
    ///   - member: nil if it runs by itself.
    ///   - queuedAt: the time now, in nanoseconds.
    ///   - isUrgent: whether it does not wait for MINBATCHSIZE.
    @discardableResult
    mutating func append(
        _ element: Element, as member: BatchMember?, queuedAt: Int, isUrgent: Bool = false
    ) -> Ticket {
        let lane = member.map { laneOfKind($0) } ?? Self.aloneLane
        lastNumber += 1
        count += 1
        let request = Waiting(
            element: element, number: lastNumber, rowCount: member?.rowCount ?? 0, queuedAt: queuedAt,
            lane: lane, isUrgent: isUrgent)
        let node = requests.append(request, to: &lanes[lane].requests)
        lanes[lane].requestCount += 1
        if lanes[lane].end == nil { lanes[lane].end = node }
        update(lane)
        return Ticket(node: node, number: lastNumber)
    }

    /// Takes a request out that is not to run any more.
    /// - Returns: nil if it has left the queue already.
    mutating func remove(_ ticket: Ticket) -> Element? {
        guard let request = requests[ticket.node], request.number == ticket.number else { return nil }
        let lane = request.lane
        if lanes[lane].end == ticket.node {
            lanes[lane].end = requests.next(after: ticket.node)
        } else if isInBatch(request) {
            lanes[lane].batch.requestCount -= 1
            lanes[lane].batch.rowCount -= request.rowCount
            if request.isUrgent { lanes[lane].urgentCount -= 1 }
        }
        if lanes[lane].requests.first == ticket.node { lanes[lane].isDue = false }
        _ = requests.remove(ticket.node, from: &lanes[lane].requests)
        lanes[lane].requestCount -= 1
        count -= 1
        update(lane)
        return request.element
    }

    /// Has a request wait for MINBATCHSIZE no longer, and its batch run with what it has.
    mutating func hurry(_ ticket: Ticket) {
        guard let request = requests[ticket.node], request.number == ticket.number else { return }
        hurry(ticket.node)
        place(request.lane)
    }

    /// The same for all requests to a model; nil = to all models. O(n) in the number of those that wait.
    mutating func hurryAll(of model: ObjectIdentifier? = nil) {
        for lane in lanes.indices {
            guard let kind = lanes[lane].kind, model == nil || kind.model == model else { continue }
            var next = lanes[lane].requests.first
            while let node = next {
                hurry(node)
                next = requests.next(after: node)
            }
            place(lane)
        }
    }

    private mutating func hurry(_ node: Int) {
        guard let request = requests[node], !request.isUrgent else { return }
        requests[node]?.isUrgent = true
        if isInBatch(request) { lanes[request.lane].urgentCount += 1 }
    }

    private func isInBatch(_ request: Waiting) -> Bool {
        lanes[request.lane].end.flatMap { requests[$0]?.number }.map { request.number < $0 } ?? true
    }

    /// Takes all out, in the order in which they came.
    mutating func removeAll() -> [Element] {
        let all = lanes.indices.flatMap { lane in requests.elements(of: lanes[lane].requests) }
        // Numbers are not used again: tickets of what was there have left the queue.
        let number = lastNumber
        self = BatchQueue()
        lastNumber = number
        return all.sorted { $0.number < $1.number }.map(\.element)
    }

    /// The oldest request of each batch that waits for MINBATCHSIZE without a limit and was queued until
    /// then; each is told once.
    mutating func takeNotices(queuedUntil time: Int) -> [Element] {
        var elements: [Element] = []
        while let first = unnoticed.first, first.key <= time {
            unnoticed.remove(first.place)
            guard let request = lanes[first.place].requests.first.flatMap({ requests[$0] }) else { continue }
            lanes[first.place].noticed = request.number
            elements.append(request.element)
        }
        return elements
    }

    /// Takes out what is to run now, or says how long nothing will.
    /// - Parameter now: in nanoseconds, on the clock of `queuedAt`.
    mutating func next(at now: Int) -> Decision {
        while let due = waiting.first, due.key <= now {
            lanes[due.place].isDue = true
            place(due.place)
        }
        guard let lane = ready.first?.place else { return .wait(until: deadline) }
        let size = lanes[lane].batch.requestCount
        let first = takeFirst(lane)
        guard size > 1 else {
            beginBatch(lane)
            return .run(first)
        }
        var batch = [first]
        batch.reserveCapacity(size)
        for _ in 1..<size { batch.append(takeFirst(lane)) }
        beginBatch(lane)
        return .runTogether(batch)
    }

    /// Takes out all but what waits for MINBATCHSIZE without a limit.
    mutating func takeLimited() -> [Element] {
        var elements: [Element] = []
        while true {
            switch next(at: Self.never - 1) {
            case .run(let element): elements.append(element)
            case .runTogether(let batch): elements += batch
            case .wait: return elements
            }
        }
    }

    /// The key of lanes that wait for as long as it takes.
    private static var never: Int { .max }

    private mutating func takeFirst(_ lane: Int) -> Element {
        guard let node = lanes[lane].requests.first else {
            preconditionFailure("a batch has more requests than wait for it")
        }
        count -= 1
        lanes[lane].requestCount -= 1
        return requests.remove(node, from: &lanes[lane].requests).element
    }

    /// The batch has left; the next one begins with what is first now.
    private mutating func beginBatch(_ lane: Int) {
        lanes[lane].batch = BatchPolicy.Batch()
        lanes[lane].urgentCount = 0
        lanes[lane].end = lanes[lane].requests.first
        lanes[lane].isDue = false
        update(lane)
    }

    /// Lets the next batch grow by what fits, in order; each request is looked at once for its batch.
    private mutating func update(_ lane: Int) {
        while let node = lanes[lane].end, let request = requests[node],
            lanes[lane].policy.takes(rowCount: request.rowCount, into: lanes[lane].batch)
        {
            lanes[lane].batch.requestCount += 1
            lanes[lane].batch.rowCount += request.rowCount
            if request.isUrgent { lanes[lane].urgentCount += 1 }
            lanes[lane].end = requests.next(after: node)
        }
        place(lane)
    }

    /// Puts a lane where it belongs: with those that may run, with those that wait, or away.
    private mutating func place(_ lane: Int) {
        guard let first = lanes[lane].requests.first.flatMap({ requests[$0] }) else { return free(lane) }
        let policy = lanes[lane].policy
        let isComplete = policy.isComplete(lanes[lane].batch, isBlocked: lanes[lane].end != nil)
        if isComplete || lanes[lane].isDue || lanes[lane].urgentCount > 0 {
            leaveWaiting(lane)
            ready.set(lane, key: first.number)
        } else {
            ready.remove(lane)
            let deadline = policy.deadline(queuedAt: first.queuedAt)
            waiting.set(lane, key: deadline ?? Self.never)
            countPatient(lanes[lane].requestCount, in: lane)
            if deadline == nil, lanes[lane].noticed != first.number {
                unnoticed.set(lane, key: first.queuedAt)
            } else {
                unnoticed.remove(lane)
            }
        }
    }

    private mutating func leaveWaiting(_ lane: Int) {
        waiting.remove(lane)
        unnoticed.remove(lane)
        countPatient(0, in: lane)
    }

    private mutating func countPatient(_ new: Int, in lane: Int) {
        let change = new - lanes[lane].patientCount
        guard change != 0, let model = lanes[lane].kind?.model else { return }
        lanes[lane].patientCount = new
        patientCount += change
        let sum = patientCounts[model, default: 0] + change
        patientCounts[model] = sum == 0 ? nil : sum
    }

    private mutating func laneOfKind(_ member: BatchMember) -> Int {
        if let lane = lanesOfKinds[member.kind] {
            // Settings may have changed since the last request.
            lanes[lane].policy = member.policy
            return lane
        }
        let new = Lane(kind: member.kind, policy: member.policy)
        let lane = freeLanes.popLast() ?? lanes.count
        if lane < lanes.count { lanes[lane] = new } else { lanes.append(new) }
        lanesOfKinds[member.kind] = lane
        return lane
    }

    private mutating func free(_ lane: Int) {
        ready.remove(lane)
        leaveWaiting(lane)
        guard let kind = lanes[lane].kind else { return }
        lanesOfKinds[kind] = nil
        lanes[lane].kind = nil
        freeLanes.append(lane)
    }
}

extension BatchQueue.Decision: Equatable where Element: Equatable {}

extension BatchQueue: Sendable where Element: Sendable {}
extension BatchQueue.Decision: Sendable where Element: Sendable {}
extension BatchQueue.Waiting: Sendable where Element: Sendable {}
extension BatchQueue.Lane: Sendable where Element: Sendable {}
