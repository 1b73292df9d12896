using System.Buffers.Binary;

namespace QueueService.Broker.Topics;

/// <summary>
/// An attempt as it lies in the log of its subscription.
/// <code>
///   0  i64 position of the message   8  i32 number of the attempt   12  u8 result   13  details
/// </code>
/// </summary>
internal static class DeliveryRecord
{
    public const int HeadBytes = 13;

    public static void Write(Span<byte> bytes, DeliveryReport report)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes, report.Receipt.SequenceNumber);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], report.Number);
        bytes[12] = (byte)report.Result;
        report.Attempt.Span.CopyTo(bytes[HeadBytes..]);
    }
}
