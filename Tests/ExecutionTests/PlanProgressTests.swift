import Testing

@testable import Execution

/// What may start when: the specification of `PlanProgress`.
@Suite struct PlanProgressTests {
    typealias Action = PlanProgress.Action

    /// Slots 0 and 1 are filled at the start; each step here fills one slot, from 2 on.
    static func progress(_ steps: [(inputs: [Int], device: Int)]) -> PlanProgress {
        PlanProgress(
            inputs: steps.map(\.inputs), outputs: steps.indices.map { $0 + 2..<$0 + 3 },
            devices: steps.map(\.device))
    }

    /// The actions of a plan whose steps end in this order.
    static func actions(
        _ steps: [(inputs: [Int], device: Int)], ends: [(step: Int, succeeded: Bool)]
    ) -> [Action] {
        var progress = progress(steps)
        return [progress.begin()] + ends.map { progress.end($0.step, succeeded: $0.succeeded) }
    }

    @Test func aPlanWithoutStepsEndsAtOnce() {
        #expect(Self.actions([], ends: []) == [Action(isEnded: true)])
    }

    @Test func oneStepStartsAtOnceAndItsEndIsThePlans() {
        #expect(
            Self.actions([([0], 0)], ends: [(0, true)]) == [Action(start: [0]), Action(isEnded: true)])
    }

    @Test func aChainGoesStepByStepThoughItsDevicesDiffer() {
        let steps: [([Int], Int)] = [([0], 0), ([2], 1), ([3], 2)]
        #expect(
            Self.actions(steps, ends: [(0, true), (1, true), (2, true)])
                == [Action(start: [0]), Action(start: [1]), Action(start: [2]), Action(isEnded: true)])
    }

    @Test func theSidesOfADiamondRunInParallelAndItsFootWaitsForBoth() {
        let steps: [([Int], Int)] = [([0], 0), ([2], 0), ([2], 1), ([3, 4], 0)]
        #expect(
            Self.actions(steps, ends: [(0, true), (2, true), (1, true), (3, true)])
                == [
                    Action(start: [0]), Action(start: [1, 2]), Action(), Action(start: [3]),
                    Action(isEnded: true),
                ])
    }

    @Test func stepsOfTwoDevicesStartTogether() {
        #expect(Self.actions([([0], 0), ([1], 1)], ends: []) == [Action(start: [0, 1])])
    }

    @Test func stepsOfOneDeviceRunInListedOrder() {
        let steps: [([Int], Int)] = [([0], 7), ([1], 7), ([0], 7)]
        #expect(
            Self.actions(steps, ends: [(0, true), (1, true), (2, true)])
                == [Action(start: [0]), Action(start: [1]), Action(start: [2]), Action(isEnded: true)])
    }

    @Test func aStepWaitsForTheStepBeforeItOnItsDeviceThoughItsInputsAreThere() {
        // The second step of device 0 waits for the first, which waits for device 1.
        let steps: [([Int], Int)] = [([0], 1), ([2], 0), ([1], 0)]
        #expect(
            Self.actions(steps, ends: [(0, true), (1, true)])
                == [Action(start: [0]), Action(start: [1]), Action(start: [2])])
    }

    @Test func aStepThatReadsOneSourceTwiceWaitsForItOnce() {
        #expect(
            Self.actions([([0], 0), ([2, 2], 1)], ends: [(0, true)])
                == [Action(start: [0]), Action(start: [1])])
    }

    @Test func aStepThatReadsTwoSlotsOfOneStepWaitsForItOnce() {
        var progress = PlanProgress(inputs: [[0], [1, 2]], outputs: [1..<3, 3..<4], devices: [0, 1])
        #expect(
            [progress.begin(), progress.end(0, succeeded: true)] == [Action(start: [0]), Action(start: [1])])
    }

    @Test func aStepThatReadsFromTheStepBeforeItOnItsDeviceWaitsForItOnce() {
        #expect(
            Self.actions([([0], 0), ([2], 0)], ends: [(0, true)])
                == [Action(start: [0]), Action(start: [1])])
    }

    @Test func aStepWithoutInputsStartsAtOnce() {
        #expect(Self.actions([([], 0), ([], 1)], ends: []) == [Action(start: [0, 1])])
    }

    @Test func aStepWithoutOutputsCountsAsOneThatEnds() {
        var progress = PlanProgress(inputs: [[0], [0]], outputs: [1..<1, 1..<2], devices: [0, 0])
        #expect(
            [progress.begin(), progress.end(0, succeeded: true), progress.end(1, succeeded: true)]
                == [Action(start: [0]), Action(start: [1]), Action(isEnded: true)])
    }

    @Test func afterAFailureNothingStartsAnyMore() {
        let steps: [([Int], Int)] = [([0], 0), ([2], 1), ([0], 0)]
        #expect(Self.actions(steps, ends: [(0, false)]) == [Action(start: [0]), Action(isEnded: true)])
    }

    @Test func afterAFailureThePlanEndsWhenWhatRunsHasEnded() {
        let steps: [([Int], Int)] = [([0], 0), ([0], 1), ([0], 2), ([3], 1)]
        #expect(
            Self.actions(steps, ends: [(0, false), (1, true), (2, true)])
                == [Action(start: [0, 1, 2]), Action(), Action(), Action(isEnded: true)])
    }

    @Test func aSecondFailureEndsThePlanOnce() {
        let steps: [([Int], Int)] = [([0], 0), ([0], 1)]
        #expect(
            Self.actions(steps, ends: [(1, false), (0, false)])
                == [Action(start: [0, 1]), Action(), Action(isEnded: true)])
    }

    @Test func aFailureOfTheLastStepEndsThePlan() {
        let steps: [([Int], Int)] = [([0], 0), ([2], 0)]
        #expect(Self.actions(steps, ends: [(0, true), (1, false)]).last == Action(isEnded: true))
    }

    /// Random plans, ended in random order, against the rule written out.
    @Test func everyPlanFollowsTheRule() {
        var generator = SeededGenerator.announced(for: "everyPlanFollowsTheRule")
        let violations = (0..<2000).compactMap { _ in PlanSimulation(&generator).violation(&generator) }
        #expect(violations.isEmpty, "seed \(generator.seed)")
    }
}

/// A random plan, and what the rule says of it.
private struct PlanSimulation {
    private let inputs: [[Int]]
    private let outputs: [Range<Int>]
    private let devices: [Int]

    init(_ generator: inout SeededGenerator) {
        var slotCount = 2
        var inputs: [[Int]] = []
        var outputs: [Range<Int>] = []
        for _ in 0..<Int.random(in: 1...9, using: &generator) {
            let inputCount = Int.random(in: 0...3, using: &generator)
            inputs.append((0..<inputCount).map { _ in Int.random(in: 0..<slotCount, using: &generator) })
            let outputCount = Int.random(in: 0...2, using: &generator)
            outputs.append(slotCount..<slotCount + outputCount)
            slotCount += outputCount
        }
        self.inputs = inputs
        self.outputs = outputs
        devices = inputs.map { _ in Int.random(in: 0..<3, using: &generator) }
    }

    /// Steps that must have ended before this one.
    private func sources(of step: Int) -> [Int] {
        (0..<step).filter { other in
            devices[other] == devices[step] || inputs[step].contains { outputs[other].contains($0) }
        }
    }

    /// Plays the plan to its end.
    /// - Returns: what broke the rule; nil if nothing did.
    func violation(_ generator: inout SeededGenerator) -> String? {
        var progress = PlanProgress(inputs: inputs, outputs: outputs, devices: devices)
        var (started, running, ended) = (Set<Int>(), Set<Int>(), Set<Int>())
        var hasFailed = false
        var action = progress.begin()
        while true {
            let ready = inputs.indices.filter { step in
                !started.contains(step) && sources(of: step).allSatisfy { ended.contains($0) }
            }
            if action.start.sorted() != (hasFailed ? [] : ready) {
                return "started \(action.start), not \(ready)"
            }
            started.formUnion(action.start)
            running.formUnion(action.start)
            if action.isEnded != running.isEmpty { return "ended: \(action.isEnded), running: \(running)" }
            guard let step = running.sorted().randomElement(using: &generator) else { break }
            let succeeds = Int.random(in: 0..<10, using: &generator) > 0
            running.remove(step)
            ended.insert(step)
            hasFailed = hasFailed || !succeeds
            action = progress.end(step, succeeded: succeeds)
        }
        return hasFailed || ended.count == inputs.count ? nil : "left out \(inputs.count - ended.count) steps"
    }
}
