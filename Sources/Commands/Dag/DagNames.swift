import Redis

/// The slot that each name of a DAG stands for: that of its latest value.
///
/// A name costs a look at each of a few others, or a hash where there are many, as a client may send any
/// number of them.
struct DagNames {
    /// So many names are compared one by one; more go into a table.
    static let listLimit = 32

    private var list: [(name: Argument, slot: Int)] = []
    private var table: [Argument: Int] = [:]

    /// Gives a name a value; the one that it had is read no more.
    mutating func set(_ name: Argument, to slot: Int) {
        guard list.count == Self.listLimit else { return list.append((name, slot)) }
        if table.isEmpty { for entry in list { table[entry.name] = entry.slot } }
        table[name] = slot
    }

    /// - Returns: nil if the name has no value.
    func slot(of name: Argument) -> Int? {
        guard table.isEmpty else { return table[name] }
        return list.last { $0.name == name }?.slot
    }
}
