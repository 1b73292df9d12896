namespace QueueService.Storage.Tiering;

/// <summary>Where the bytes of a segment are that left this disk.</summary>
/// <param name="Bytes">Of the whole object: the segment, and behind it the table of its blocks.</param>
/// <param name="FirstTime">Of its first record, Unix milliseconds.</param>
internal sealed record RemoteObject(string Name, long Bytes, long FirstTime);
