import Execution
import Redis

/// The models or scripts that keys hold, each with the key where it was seen last.
///
/// They tell when they come and go, but not when their key is renamed or moved. So whoever wants the list
/// has each entry looked up, and only if some are no longer where they were, the keys are walked.
public final class Directory<Value: StoredValue & Runnable>: Sendable {
    /// A value and where it is now.
    public struct Entry: Sendable {
        public let value: Value
        public let key: [UInt8]
        public let database: Int32
    }

    /// Strong: a weak reference would make each count of references to the value, some in each run, several
    /// times as costly.
    private struct Sighting: Sendable {
        let value: Value
        let place: KeyPlace?
    }

    private let sightings = Locked<[ObjectIdentifier: Sighting]>([:])

    init() {}

    /// A key holds the value; nil if it is not known which. Any thread.
    ///
    /// The value is kept until `forget`, which is called whenever a key lets go of one.
    public func note(_ value: Value, at place: KeyPlace?) {
        if let place { value.label.set(key: place.key) }
        sightings.withLock { $0[ObjectIdentifier(value)] = Sighting(value: value, place: place) }
    }

    /// No key holds the value any more. Any thread.
    func forget(_ value: Value) {
        _ = sightings.withLock { $0.removeValue(forKey: ObjectIdentifier(value)) }
    }

    /// All values that keys hold, by database and key.
    ///
    /// Costs a look at each; if some were renamed or moved, also one walk over the keys of the databases, at
    /// most until they are found.
    public func entries(in context: borrowing RedisContext, of type: ModuleType<Value>) -> [Entry] {
        var found: [Entry] = []
        var missing: [ObjectIdentifier: Value] = [:]
        var databases: Set<Int32> = []
        // The list holds its values, so that none is freed while the lock is held.
        for (value, place) in held() {
            if let place, let entry = look(for: value, at: place, in: context, type) {
                found.append(entry)
            } else {
                missing[ObjectIdentifier(value)] = value
                if let database = place?.database { databases.insert(database) }
            }
        }
        found += walk(for: missing, beginningWith: databases, in: context, type)
        return found.sorted {
            ($0.database, $0.key) < ($1.database, $1.key)
        }
    }

    private func held() -> [(Value, KeyPlace?)] {
        sightings.withLock { sightings in sightings.values.map { ($0.value, $0.place) } }
    }

    private func look(
        for value: Value, at place: KeyPlace, in context: borrowing RedisContext, _ type: ModuleType<Value>
    ) -> Entry? {
        guard let database = place.database, let handle = context.inspect(place.key, database: database),
            let held = try? handle.value(type), held === value
        else { return nil }
        return Entry(value: value, key: place.key, database: database)
    }

    /// Looks for values that are not where they were: first in the databases where some were, then in all.
    private func walk(
        for missing: [ObjectIdentifier: Value], beginningWith databases: Set<Int32>,
        in context: borrowing RedisContext, _ type: ModuleType<Value>
    ) -> [Entry] {
        let search = Search<Value>(missing)
        func visit(_ database: Int32) -> Bool {
            context.eachKey(ofDatabase: database) { name, key in
                // Keys of other types are passed over.
                guard let value = try? key.value(type) else { return }
                search.see(value, at: name, database: database)
            }
        }
        for database in databases.sorted() where !search.isOver { _ = visit(database) }
        var database: Int32 = 0
        while !search.isOver, databases.contains(database) || visit(database) { database += 1 }
        for entry in search.found {
            note(entry.value, at: KeyPlace(key: entry.key, database: entry.database))
        }
        return search.found
    }
}

/// Values that are looked for, and those that were found. Main thread.
private final class Search<Value: StoredValue & Runnable> {
    private var missing: [ObjectIdentifier: Value]
    private(set) var found: [Directory<Value>.Entry] = []

    init(_ missing: [ObjectIdentifier: Value]) { self.missing = missing }

    var isOver: Bool { missing.isEmpty }

    func see(_ value: Value, at name: Argument, database: Int32) {
        guard missing.removeValue(forKey: ObjectIdentifier(value)) != nil else { return }
        found.append(Directory<Value>.Entry(value: value, key: name.bytes, database: database))
    }
}

/// Database first, then the bytes of the key.
private func < (first: (Int32, [UInt8]), second: (Int32, [UInt8])) -> Bool {
    first.0 != second.0 ? first.0 < second.0 : first.1.lexicographicallyPrecedes(second.1)
}
