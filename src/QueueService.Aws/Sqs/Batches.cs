using System.Buffers;
using QueueService.Aws.Protocol;

namespace QueueService.Aws.Sqs;

/// <summary>An entry of a batch.</summary>
internal interface IBatchEntry
{
    string? Id { get; }
}

/// <summary>The rules that all batches share; they are checked before any entry is touched.</summary>
internal static class Batches
{
    private static readonly SearchValues<char> IdCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    /// <param name="shape">Of an entry, as the query protocol calls it.</param>
    public static AwsError? Check<T>(IReadOnlyList<T>? entries, string shape)
        where T : class, IBatchEntry
    {
        if (entries is null or { Count: 0 })
            return SqsErrors.EmptyBatchRequest.With($"There should be at least one {shape} in the request.");
        if (entries.Count > AwsLimits.BatchEntries)
        {
            return SqsErrors.TooManyEntriesInBatchRequest.With(
                $"Maximum number of entries per request are {AwsLimits.BatchEntries}. You have sent {entries.Count}.");
        }

        HashSet<string> ids = new(StringComparer.Ordinal);
        foreach (T? entry in entries)
        {
            if (entry?.Id is not { } id) return ProtocolErrors.Missing("Id");
            if (id.Length is 0 or > AwsLimits.BatchIdCharacters || id.AsSpan().ContainsAnyExcept(IdCharacters))
            {
                return SqsErrors.InvalidBatchEntryId.With(
                    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be " +
                    "at " +
                    $"most {AwsLimits.BatchIdCharacters} letters long.");
            }

            if (!ids.Add(id)) return SqsErrors.BatchEntryIdsNotDistinct.With($"Id {id} repeated.");
        }

        return null;
    }
}

/// <summary>An entry that failed.</summary>
internal sealed record BatchResultErrorEntry(string Id, bool SenderFault, string Code, string Message)
{
    public static BatchResultErrorEntry Of(string id, AwsError error) =>
        new(id, error.Kind.IsSender, error.Kind.Code, error.Message);
}

/// <summary>An entry of which there is nothing to say but that it succeeded.</summary>
internal sealed record BatchResultEntry(string Id);

/// <summary>Each entry is in one of the two lists, in the order of the request.</summary>
internal sealed record BatchResult<T>
{
    public List<T> Successful { get; init; } = [];

    /// <summary>Left out of the JSON when there are none.</summary>
    public List<BatchResultErrorEntry>? Failed { get; set; }

    public void Fail(string id, AwsError error) => (Failed ??= []).Add(BatchResultErrorEntry.Of(id, error));
}
