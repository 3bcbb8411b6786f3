import Tensors
import Testing

@testable import Execution

/// Settings that change while a scheduler runs.
@Suite struct RunSettingsTests {
    static func make(
        _ settings: RunSettings, running loaded: TestModel = .addingOne()
    ) throws -> Scheduler {
        Scheduler(settings, provider: TestProvider { _ in loaded }, log: { _ in })
    }

    static func devices(limit: Int) -> RunSettings {
        let settings = RunSettings()
        settings.deviceLimit = limit
        return settings
    }

    static let refusal = ExecutionError.tooManyDevices(device: "CPU:2", limit: 2)

    @Test func oneDeviceMoreThanMayBeIsRefused() throws {
        let scheduler = try Self.make(Self.devices(limit: 2))
        try scheduler.queue(for: .named("CPU"))
        try scheduler.queue(for: .named("cpu:1"))
        #expect(throws: Self.refusal) { try scheduler.queue(for: .named("CPU:2")) }
        #expect(scheduler.allQueues.map(\.name) == ["CPU", "CPU:1"])
    }

    @Test func devicesThatAreThereGoOn() throws {
        let settings = Self.devices(limit: 2)
        let scheduler = try Self.make(settings)
        for name in ["CPU", "CPU:1"] { try scheduler.queue(for: .named(name)) }
        settings.deviceLimit = 1
        #expect(try scheduler.queue(for: .named("cpu:1")).name == "CPU:1")
    }

    @Test func aHigherLimitLetsMoreDevicesIn() throws {
        let settings = Self.devices(limit: 1)
        let scheduler = try Self.make(settings)
        try scheduler.queue(for: .named("CPU"))
        settings.deviceLimit = 2
        #expect(try scheduler.queue(for: .named("CPU:1")).name == "CPU:1")
    }

    @Test func aModelOnADeviceTooManyIsNotMade() throws {
        let scheduler = try Self.make(Self.devices(limit: 2))
        for name in ["CPU", "CPU:1"] { try scheduler.queue(for: .named(name)) }
        #expect(throws: Self.refusal) { try scheduler.ready(.on("CPU:2")) }
        #expect(throws: Self.refusal) {
            try scheduler.prepare(.onnxRuntime, on: .named("CPU:2")) {
                () throws(ExecutionError) in
                .on("CPU:2")
            } completion: { _ in
            }
        }
    }

    @Test func aSavedModelOnADeviceTooManyKeepsItsBytesAndSaysWhy() throws {
        let scheduler = try Self.make(Self.devices(limit: 2))
        for name in ["CPU", "CPU:1"] { try scheduler.queue(for: .named(name)) }
        let model = try scheduler.loading(.on("CPU:2", bytes: [1, 2, 3]))
        #expect(model.definition.bytes.count == 3)
        #expect(throws: Self.refusal) { try model.check(inputCount: 1, outputCount: 1) }
        #expect(try scheduler.start(.once(model, .row(1))).outcome.firstError == Self.refusal)
        #expect(scheduler.allQueues.count == 2)
    }

    @Test func theQueueLimitCountsFromTheNextRequestOn() throws {
        let settings = RunSettings()
        settings.queueLimit = 1
        let halt = Halt()
        let scheduler = try Self.make(settings, running: .stopping(at: halt))
        let model = try scheduler.ready(.on())
        let running = scheduler.start(.once(model, .row(0)))
        halt.waitUntilReached()
        let waiting = scheduler.start(.once(model, .row(0)))
        let refused = scheduler.start(.once(model, .row(0)))
        settings.queueLimit = 2
        let taken = scheduler.start(.once(model, .row(0)))
        halt.release()
        #expect(try refused.outcome.firstError == .queueFull(device: "CPU", limit: 1))
        for recorder in [running, waiting, taken] { #expect(try recorder.outcome.words == ["ran"]) }
    }

    @Test func theInlineBudgetCountsFromTheNextPlanOn() throws {
        let settings = RunSettings()
        settings.inlineBudgetMicroseconds = 0
        let scheduler = try Self.make(settings)
        let model = try scheduler.ready(.on())
        for _ in 0..<3 { model.costs.record(50_000, RunSize([.row(0)])) }
        #expect(scheduler.inline(.once(model, .row(1))) == nil)
        settings.inlineBudgetMicroseconds = 50
        #expect(scheduler.inline(.once(model, .row(1)))?.words == ["ran"])
        settings.inlineBudgetMicroseconds = 0
        #expect(scheduler.inline(.once(model, .row(1))) == nil)
    }

    @Test func aNewDeviceGetsAsManyWorkersAsSet() throws {
        let settings = RunSettings()
        settings.threadsPerQueue = 3
        #expect(try Self.make(settings).queue(for: .named("CPU")).workerMicroseconds.count == 3)
    }
}
