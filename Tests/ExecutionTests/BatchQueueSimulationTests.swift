import Testing

@testable import Execution

/// Long random sequences on a virtual clock, beside a plain search that follows the rules word for word.
@Suite struct BatchQueueSimulationTests {
    struct Request {
        let number: Int
        let model: BatchModel
        let member: BatchMember?
        let queuedAt: Int
    }

    /// The rules as a search over all that waits, as slow as it is plain.
    struct Search {
        var waiting: [Request] = []

        /// The numbers that run next, in order; empty if nothing does.
        func next(at now: Int) -> [Int] {
            for (index, head) in waiting.enumerated() {
                guard let member = head.member else { return [head.number] }
                let isFirstOfItsKind = !waiting[..<index].contains { $0.member?.kind == member.kind }
                if isFirstOfItsKind, let batch = batch(of: head, member, at: now) { return batch }
            }
            return []
        }

        /// When something runs though nothing changes; nil if nothing does.
        func nextTime(after now: Int) -> Int? {
            waiting.compactMap { request in
                let wait = request.model.settings.minimumTimeoutMilliseconds * 1_000_000
                return request.member == nil || wait == 0 ? nil : request.queuedAt + wait
            }.filter { $0 > now && !next(at: $0).isEmpty }.min()
        }

        private func batch(of head: Request, _ member: BatchMember, at now: Int) -> [Int]? {
            let settings = head.model.settings
            var (numbers, rows, isStopped) = ([Int](), 0, false)
            for request in waiting where request.member?.kind == member.kind && !isStopped {
                let next = request.member?.rowCount ?? 0
                let fits =
                    numbers.isEmpty
                    || (rows + next <= settings.maximumSize && rows < settings.maximumSize
                        && numbers.count < settings.maximumSize)
                if fits {
                    numbers.append(request.number)
                    rows += next
                } else {
                    isStopped = true
                }
            }
            let timeout = settings.minimumTimeoutMilliseconds * 1_000_000
            let isDue = timeout > 0 && now - head.queuedAt >= timeout
            let isFull = rows >= settings.maximumSize || numbers.count >= settings.maximumSize
            return rows >= settings.minimumSize || isStopped || isDue || isFull ? numbers : nil
        }
    }

    struct Run {
        let numbers: [Int]
        let time: Int
    }

    /// Both queues, and what came and ran.
    struct Simulation {
        var generator: SeededGenerator
        let models: [BatchModel]
        var queue = BatchQueue<Int>()
        var search = Search()
        var tickets: [BatchQueue<Int>.Ticket] = []
        var requests: [Request] = []
        var removed: Set<Int> = []
        var runs: [Run] = []
        var now = 0
        /// What the queue decided differently from the search.
        var differences: [String] = []

        init(_ generator: SeededGenerator, models: [BatchModel]) {
            self.generator = generator
            self.models = models
        }

        mutating func arrive() {
            let model = models[Int.random(in: 0..<models.count, using: &generator)]
            let rows = [0, 1, 1, 1, 2, 3, 9][Int.random(in: 0..<7, using: &generator)]
            let member = model.member(rows: rows, width: Int.random(in: 1...2, using: &generator))
            let request = Request(number: requests.count, model: model, member: member, queuedAt: now)
            requests.append(request)
            search.waiting.append(request)
            tickets.append(queue.append(request.number, as: member, queuedAt: now))
        }

        /// A client leaves; its request may have run already.
        mutating func leave() {
            guard let number = requests.indices.randomElement(using: &generator) else { return }
            let wasWaiting = search.waiting.contains { $0.number == number }
            if queue.remove(tickets[number]) != (wasWaiting ? number : nil) {
                differences.append("\(number) left")
            }
            search.waiting.removeAll { $0.number == number }
            if wasWaiting { removed.insert(number) }
        }

        /// A worker asks for something to run.
        mutating func work() {
            let expected = search.next(at: now)
            let decision = queue.next(at: now)
            if decision != Self.decision(expected, until: search.nextTime(after: now)) {
                differences.append("\(decision) at \(now), not \(expected)")
            }
            search.waiting.removeAll { expected.contains($0.number) }
            if !expected.isEmpty { runs.append(Run(numbers: expected, time: now)) }
            if queue.count != search.waiting.count { differences.append("count at \(now)") }
        }

        private static func decision(_ numbers: [Int], until time: Int?) -> BatchQueue<Int>.Decision {
            switch numbers.count {
            case 0: .wait(until: time)
            case 1: .run(numbers[0])
            default: .runTogether(numbers)
            }
        }

        /// Arrivals, departures and workers at random; `load` of ten events are arrivals.
        mutating func play(events: Int, load: Int) {
            for _ in 0..<events {
                now += Int.random(in: 0...400_000, using: &generator)
                switch Int.random(in: 0..<10, using: &generator) {
                case ..<load: arrive()
                case 9: leave()
                default: work()
                }
            }
        }

        /// Lets workers go on until nothing will run any more.
        mutating func drain() {
            while true {
                let before = runs.count
                work()
                if runs.count > before { continue }
                guard let time = search.nextTime(after: now) else { return }
                now = time
            }
        }
    }

    static let limited = [
        BatchModel(0), BatchModel(4), BatchModel(8, 3, milliseconds: 2), BatchModel(4, 4, milliseconds: 5),
        BatchModel(1), BatchModel(3, 9, milliseconds: 1),
    ]

    static func played(_ name: String, _ models: [BatchModel], load: Int) -> Simulation {
        var simulation = Simulation(.announced(for: name), models: models)
        simulation.play(events: 3000, load: load)
        return simulation
    }

    /// Light load, an even one, and one that workers cannot keep up with.
    @Test(arguments: [2, 4, 6])
    func decidesAsTheSearchDoes(_ load: Int) {
        var simulation = Self.played(
            "decidesAsTheSearchDoes", Self.limited + [BatchModel(8, 5)], load: load)
        simulation.drain()
        #expect(simulation.differences.first == nil, "seed \(simulation.generator.seed)")
        #expect(simulation.runs.count > 100)
    }

    @Test func everyWaitEndsWhereThereIsATimeout() {
        var simulation = Self.played("everyWaitEndsWhereThereIsATimeout", Self.limited, load: 6)
        simulation.drain()
        let ran = simulation.runs.flatMap(\.numbers)
        #expect(simulation.queue.isEmpty, "seed \(simulation.generator.seed)")
        #expect(
            Set(ran).union(simulation.removed) == Set(simulation.requests.indices)
                && ran.count + simulation.removed.count == simulation.requests.count,
            "seed \(simulation.generator.seed)")
    }

    @Test func noBatchExceedsBatchSizeOrMixesKinds() {
        var simulation = Self.played("noBatchExceedsBatchSizeOrMixesKinds", Self.limited, load: 6)
        simulation.drain()
        let batches = simulation.runs.map { $0.numbers.map { simulation.requests[$0] } }.filter {
            $0.count > 1
        }
        let bad = batches.filter { batch in
            let members = batch.compactMap(\.member)
            let maximum = batch[0].model.settings.maximumSize
            return members.count != batch.count || Set(members.map(\.kind)).count != 1
                || members.map(\.rowCount).reduce(0, +) > maximum || batch.count > maximum
        }
        #expect(!batches.isEmpty && bad.isEmpty, "seed \(simulation.generator.seed)")
    }

    @Test func requestsOfOneKindRunInTheOrderTheyCame() {
        var simulation = Self.played("requestsOfOneKindRunInTheOrderTheyCame", Self.limited, load: 6)
        simulation.drain()
        let ran = simulation.runs.flatMap(\.numbers).map { simulation.requests[$0] }
        let orders = Dictionary(grouping: ran.filter { $0.member != nil }) { $0.member?.kind }
            .mapValues { $0.map(\.number) }
        #expect(
            orders.values.allSatisfy { $0 == $0.sorted() } && orders.count > 5,
            "seed \(simulation.generator.seed)")
        let alone = ran.filter { $0.member == nil }.map(\.number)
        #expect(alone == alone.sorted(), "seed \(simulation.generator.seed)")
    }

    /// However many come, each run before one that need not wait takes somebody who came earlier.
    @Test func noRequestStarves() {
        var simulation = Self.played("noRequestStarves", Self.limited, load: 7)
        simulation.drain()
        var ranAt: [Int: Int] = [:]
        for (index, run) in simulation.runs.enumerated() {
            for number in run.numbers { ranAt[number] = index }
        }
        let starved = simulation.requests.filter { request in
            guard let index = ranAt[request.number], request.model.settings.minimumSize == 0 else {
                return false
            }
            return simulation.runs[..<index].contains { run in
                run.time >= request.queuedAt && run.numbers.allSatisfy { $0 > request.number }
            }
        }
        #expect(starved.isEmpty, "seed \(simulation.generator.seed)")
    }
}
