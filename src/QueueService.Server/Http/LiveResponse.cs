using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace QueueService.Server.Http;

/// <summary>An answer that goes on and on. Whoever does not read it is not waited for longer than the write deadline,
/// or a second once the server stops: the connection is broken then.</summary>
internal sealed class LiveResponse(HttpContext http, LiveStreams streams)
{
    // The source may be gone when the last reader leaves.
    private readonly CancellationToken _draining = streams.Draining;
    private int _added;

    /// <summary>The client has gone, or was sent away.</summary>
    public bool IsBroken => http.RequestAborted.IsCancellationRequested;

    /// <summary>Sends the head, so that the client knows that it may begin.</summary>
    public async Task Begin(string contentType, string cacheControl = "no-store")
    {
        // Silence is normal on these connections, in both directions, and so is any amount of data.
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } requestRate) requestRate.MinDataRate = null;
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } responseRate) responseRate.MinDataRate = null;
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        http.Response.ContentType = contentType;
        http.Response.Headers.CacheControl = cacheControl;
        // What nginx and its relatives ask before they gather an answer.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        await http.Response.BodyWriter.FlushAsync(CancellationToken.None);
    }

    /// <summary>Sends what was written and clears the buffer. Answers false when nobody reads any more.</summary>
    public ValueTask<bool> Write(JsonOutput output)
    {
        if (output.Length > Limits.ResponseChunk) return WriteInPieces(output);
        ValueTask<FlushResult> flush = http.Response.BodyWriter.WriteAsync(output.Written, CancellationToken.None);
        output.Clear();
        return flush.IsCompletedSuccessfully ? ValueTask.FromResult(!IsBroken) : Finish(flush);
    }

    /// <summary>Takes bytes that go out with the next <see cref="Flush"/>, or sends them when they have become many.
    /// Answers false when nobody reads any more.</summary>
    public ValueTask<bool> Add(ReadOnlyMemory<byte> bytes)
    {
        if (_added + bytes.Length > Limits.ResponseChunk) return AddInPieces(bytes);
        http.Response.BodyWriter.Write(bytes.Span);
        _added += bytes.Length;
        return ValueTask.FromResult(true);
    }

    /// <summary>There is something to flush.</summary>
    public bool HasAdded => _added > 0;

    public ValueTask<bool> Flush()
    {
        if (_added == 0) return ValueTask.FromResult(!IsBroken);
        _added = 0;
        ValueTask<FlushResult> flush = http.Response.BodyWriter.FlushAsync(CancellationToken.None);
        return flush.IsCompletedSuccessfully ? ValueTask.FromResult(!IsBroken) : Finish(flush);
    }

    /// <summary>Ends the answer before the client has ended its request, and breaks the connection when it does not
    /// notice: the server must not wait for it.</summary>
    public async Task Leave()
    {
        PipeReader request = http.Request.BodyReader;
        try
        {
            await http.Response.CompleteAsync();
            using CancellationTokenSource patience = new(Limits.Farewell, streams.Time);
            bool ended = false;
            while (!ended)
            {
                ReadResult rest = await request.ReadAsync(patience.Token);
                request.AdvanceTo(rest.Buffer.End);
                ended = rest.IsCompleted;
            }
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            http.Abort();
        }
    }

    private async ValueTask<bool> AddInPieces(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (!await Flush()) return false;
            ReadOnlyMemory<byte> piece = bytes[..Math.Min(bytes.Length, Limits.ResponseChunk)];
            http.Response.BodyWriter.Write(piece.Span);
            _added = piece.Length;
            bytes = bytes[piece.Length..];
        }

        return true;
    }

    /// <summary>A large message must not be in the connection's buffers as a whole while its reader stalls.</summary>
    private async ValueTask<bool> WriteInPieces(JsonOutput output)
    {
        for (int at = 0; at < output.Length; at += Limits.ResponseChunk)
        {
            ReadOnlyMemory<byte> piece =
                output.Written.Slice(at, Math.Min(Limits.ResponseChunk, output.Length - at));
            if (!await Finish(http.Response.BodyWriter.WriteAsync(piece, CancellationToken.None))) return false;
        }

        output.Clear();
        return true;
    }

    private async ValueTask<bool> Finish(ValueTask<FlushResult> flush)
    {
        Task<FlushResult> flushed = flush.AsTask();
        try
        {
            await flushed.WaitAsync(Limits.WriteDeadline, streams.Time, _draining);
            return !IsBroken;
        }
        catch (OperationCanceledException) when (_draining.IsCancellationRequested)
        {
            return await FinishSoon(flushed);
        }
        catch (TimeoutException)
        {
            http.Abort();
            return false;
        }
    }

    /// <summary>The server stops, and must not wait for a reader that takes nothing.</summary>
    private async Task<bool> FinishSoon(Task<FlushResult> flushed)
    {
        try
        {
            await flushed.WaitAsync(Limits.Farewell, streams.Time, CancellationToken.None);
            return !IsBroken;
        }
        catch (TimeoutException)
        {
            http.Abort();
            return false;
        }
    }
}
