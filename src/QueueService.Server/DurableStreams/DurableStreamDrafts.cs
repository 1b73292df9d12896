using QueueService.Broker;
using QueueService.Broker.DurableStreams;
using QueueService.Broker.Queues;
using QueueService.Server.Hosting;
using QueueService.Server.Http;

namespace QueueService.Server.DurableStreams;

/// <summary>Reads what a PUT says about the stream that is to exist.</summary>
internal static class DurableStreamDrafts
{
    public static DurableStreamDraft Read(HttpContext http, DurableStreamName name, ref Problem? problem)
    {
        var draft = new DurableStreamDraft(name)
        {
            ContentType = DurableStreamHeaders.ContentType(http, ref problem),
            IsClosed = DurableStreamHeaders.IsTrue(http, DurableStreamHeaders.Closed, ref problem),
            TtlSeconds = DurableStreamHeaders.Integer(
                http, DurableStreamHeaders.Ttl, DurableStreamLimits.MaxTtlSeconds, ref problem),
            ExpiresAt = Expiry(http, ref problem),
        };
        if (draft.TtlSeconds is not null && draft.ExpiresAt is not null)
            Problem.Blame(ref problem, DurableStreamHeaders.ExpiresAt, "and Stream-TTL exclude each other.");
        return ReadFork(http, draft, ref problem);
    }

    /// <summary>Completes the draft of a fork: its content type, when its source has to say it, and the part of the
    /// source's record that it begins with. What is wrong with the source is said when the fork is created.</summary>
    public static async ValueTask<(DurableStreamDraft Draft, Problem? Problem)> Complete(
        BrokerHost host, DurableStreamDraft draft, MessageBatch batch)
    {
        if (draft.Source is not { } source) return (draft, null);
        if (draft.ForkSubOffset == 0)
        {
            Result<DurableStreamState> state = await host.Broker.GetDurableStream(source);
            return (state.Succeeded && draft.ContentType is null
                ? draft with { ContentType = state.Value.Config.ContentType }
                : draft, null);
        }

        Result<DurableStreamPage> read =
            await host.Broker.ReadDurableStream(source, draft.ForkOffset, 1, 0, CancellationToken.None);
        if (!read.Succeeded) return (draft, null);
        using DurableStreamPage page = read.Value;
        draft = draft with
        {
            ContentType = draft.ContentType ?? page.Stream.Config.ContentType,
            SourceResource = page.Stream.Resource,
        };
        return (draft, AddPart(draft, page, batch));
    }

    private static Problem? AddPart(DurableStreamDraft draft, DurableStreamPage page, MessageBatch batch)
    {
        string contentType = page.Stream.Config.ContentType;
        foreach (ReceivedMessages part in page.Parts)
        {
            if (part.Count == 0 || !part.TryRead(0, out MessageView record)) continue;
            if (DurableRecord.LengthOf(contentType, record.Body, draft.ForkSubOffset) is not { } length) break;
            batch.Add(Broker.Messages.MessageHeaders.None, record.Body[..length]);
            return null;
        }

        return Problem.Invalid(
            DurableStreamHeaders.ForkSubOffset, $"is more than the append at {DurableStreamHeaders.ForkOffset} has.");
    }

    private static DurableStreamDraft ReadFork(HttpContext http, DurableStreamDraft draft, ref Problem? problem)
    {
        string? from = DurableStreamHeaders.Single(http, DurableStreamHeaders.ForkedFrom, ref problem);
        string? at = DurableStreamHeaders.Single(http, DurableStreamHeaders.ForkOffset, ref problem);
        long? part = DurableStreamHeaders.Integer(
            http, DurableStreamHeaders.ForkSubOffset, Limits.RequestBytes, ref problem);
        if (from is null)
        {
            if (at is not null)
                Problem.Blame(ref problem, DurableStreamHeaders.ForkOffset, "needs Stream-Forked-From.");
            if (part is not null)
                Problem.Blame(ref problem, DurableStreamHeaders.ForkSubOffset, "needs Stream-Forked-From.");
            return draft;
        }

        long offset = 0;
        if (at is not null && !DurableStreamHeaders.TryParseOffset(at, out offset))
            Problem.Blame(ref problem, DurableStreamHeaders.ForkOffset, "must be an offset that the stream has told.");
        if (part > 0 && at is null)
            Problem.Blame(ref problem, DurableStreamHeaders.ForkSubOffset, "needs Stream-Fork-Offset.");
        return draft with
        {
            Source = Source(from, ref problem),
            ForkOffset = at is null ? null : offset,
            ForkSubOffset = part ?? 0,
        };
    }

    /// <summary>A path like that of the request, or what follows /durable-streams in it.</summary>
    private static DurableStreamName Source(string text, ref Problem? problem)
    {
        string path = text.StartsWith(DurableStreamRoutes.Root, StringComparison.Ordinal)
            ? text[DurableStreamRoutes.Root.Length..]
            : text.TrimStart('/');
        if (!DurableStreamName.TryParse(Uri.UnescapeDataString(path), out DurableStreamName name))
            Problem.Blame(ref problem, DurableStreamHeaders.ForkedFrom, "must be the path of a durable stream.");
        return name;
    }

    private static long? Expiry(HttpContext http, ref Problem? problem)
    {
        if (DurableStreamHeaders.Single(http, DurableStreamHeaders.ExpiresAt, ref problem) is not { } text) return null;
        if (Rfc3339.TryParse(text, out long at) && at >= 0) return at;
        Problem.Blame(
            ref problem, DurableStreamHeaders.ExpiresAt, "must be an RFC 3339 instant like 2026-11-21T10:00:00Z.");
        return null;
    }
}
