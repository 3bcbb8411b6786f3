extension Tensor {
    /// A copy of some rows: those are what the first dimension counts.
    /// - Precondition: not for a scalar; the range is within the rows.
    /// - Throws: `.outOfMemory`.
    public func rows(_ range: Range<Int>) throws(TensorError) -> Tensor {
        precondition(
            shape.rank > 0 && range.lowerBound >= 0 && range.upperBound <= shape.rowCount,
            "rows that a tensor does not have")
        var cutter = RowCutter(self)
        try cutter.skip(range.lowerBound)
        return try cutter.next(range.count)
    }
}
