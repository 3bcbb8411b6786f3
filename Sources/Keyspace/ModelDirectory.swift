import Execution
import Redis

/// The models that keys hold, each with the key where it was seen last.
///
/// Models tell when they come and go, but not when their key is renamed or moved. So whoever wants the list
/// has each entry looked up, and only if some are no longer where they were, the keys are walked.
public final class ModelDirectory: Sendable {
    /// A model and where it is now.
    public struct Entry: Sendable {
        public let model: Model
        public let key: [UInt8]
        public let database: Int32
    }

    private struct Sighting: Sendable {
        weak var model: Model?
        var place: KeyPlace?
    }

    private let sightings = Locked<[ObjectIdentifier: Sighting]>([:])

    init() {}

    /// A key holds the model; nil if it is not known which. Any thread.
    public func note(_ model: Model, at place: KeyPlace?) {
        sightings.withLock { $0[ObjectIdentifier(model)] = Sighting(model: model, place: place) }
    }

    /// No key holds the model any more. Any thread.
    func forget(_ model: Model) {
        _ = sightings.withLock { $0.removeValue(forKey: ObjectIdentifier(model)) }
    }

    /// All models that keys hold, by database and key.
    ///
    /// Costs a look at each; if some were renamed or moved, also one walk over the keys of the databases, at
    /// most until they are found.
    public func entries(in context: borrowing RedisContext, of type: ModuleType<Model>) -> [Entry] {
        var found: [Entry] = []
        var missing: [ObjectIdentifier: Model] = [:]
        var databases: Set<Int32> = []
        // The list holds its models, so that none is freed while the lock is held.
        for (model, place) in held() {
            if let place, let entry = look(for: model, at: place, in: context, type) {
                found.append(entry)
            } else {
                missing[ObjectIdentifier(model)] = model
                if let database = place?.database { databases.insert(database) }
            }
        }
        found += walk(for: missing, beginningWith: databases, in: context, type)
        return found.sorted {
            ($0.database, $0.key) < ($1.database, $1.key)
        }
    }

    private func held() -> [(Model, KeyPlace?)] {
        sightings.withLock { sightings in
            sightings.values.compactMap { sighting in sighting.model.map { ($0, sighting.place) } }
        }
    }

    private func look(
        for model: Model, at place: KeyPlace, in context: borrowing RedisContext, _ type: ModuleType<Model>
    ) -> Entry? {
        guard let database = place.database, let handle = context.inspect(place.key, database: database),
            let held = try? handle.value(type), held === model
        else { return nil }
        return Entry(model: model, key: place.key, database: database)
    }

    /// Looks for models that are not where they were: first in the databases where some were, then in all.
    private func walk(
        for missing: [ObjectIdentifier: Model], beginningWith databases: Set<Int32>,
        in context: borrowing RedisContext, _ type: ModuleType<Model>
    ) -> [Entry] {
        let search = Search(missing)
        func visit(_ database: Int32) -> Bool {
            context.eachKey(ofDatabase: database) { name, key in
                // Keys of other types are passed over.
                guard let model = try? key.value(type) else { return }
                search.see(model, at: name, database: database)
            }
        }
        for database in databases.sorted() where !search.isOver { _ = visit(database) }
        var database: Int32 = 0
        while !search.isOver, databases.contains(database) || visit(database) { database += 1 }
        for entry in search.found {
            note(entry.model, at: KeyPlace(key: entry.key, database: entry.database))
        }
        return search.found
    }
}

/// Models that are looked for, and those that were found. Main thread.
private final class Search {
    private var missing: [ObjectIdentifier: Model]
    private(set) var found: [ModelDirectory.Entry] = []

    init(_ missing: [ObjectIdentifier: Model]) { self.missing = missing }

    var isOver: Bool { missing.isEmpty }

    func see(_ model: Model, at name: Argument, database: Int32) {
        guard missing.removeValue(forKey: ObjectIdentifier(model)) != nil else { return }
        found.append(ModelDirectory.Entry(model: model, key: name.bytes, database: database))
    }
}

/// Database first, then the bytes of the key.
private func < (first: (Int32, [UInt8]), second: (Int32, [UInt8])) -> Bool {
    first.0 != second.0 ? first.0 < second.0 : first.1.lexicographicallyPrecedes(second.1)
}
