import Redis

/// The flow's place in a cluster, which changes while it runs.
extension FlowService {
    /// Answers a tag whose slot is the lowest that this shard has now; none if it has no slot.
    func findTag(_ call: FlowCall) throws(FlowError) {
        let tag = ClusterSlots.lowest.map { clusterTag.tag(of: $0) }
        try answer(call.number) { writer in
            if let tag { writer.bytes(tag) } else { writer.none() }
        }
    }
}
