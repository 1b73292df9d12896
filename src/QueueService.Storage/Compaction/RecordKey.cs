namespace QueueService.Storage.Compaction;

/// <summary>What a record is about.</summary>
/// <param name="Hash">Two keys with the same hash count as one, so it must be one that nobody can aim at.</param>
/// <param name="IsTombstone">It says that its key has no value any more.</param>
public readonly record struct RecordKey(UInt128 Hash, bool IsTombstone);

/// <summary>Reads the key of a record; null for one that has none, which compaction leaves alone. Called from the
/// background thread.</summary>
public delegate RecordKey? KeyReader(ReadOnlySpan<byte> payload);
