using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace QueueService.Server.Http;

/// <summary>An answer that goes on and on. Whoever does not read it is not waited for longer than the write deadline:
/// the connection is broken then.</summary>
internal sealed class LiveResponse(HttpContext http, TimeProvider time)
{
    /// <summary>The client has gone, or was sent away.</summary>
    public bool IsBroken => http.RequestAborted.IsCancellationRequested;

    /// <summary>Sends the head, so that the client knows that it may begin.</summary>
    public async Task Begin(string contentType)
    {
        // Silence is normal on these connections, in both directions, and so is any amount of data.
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } requestRate) requestRate.MinDataRate = null;
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } responseRate) responseRate.MinDataRate = null;
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        http.Response.ContentType = contentType;
        http.Response.Headers.CacheControl = "no-store";
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

    /// <summary>Ends the answer before the client has ended its request, and breaks the connection when it does not
    /// notice: the server must not wait for it.</summary>
    public async Task Leave()
    {
        PipeReader request = http.Request.BodyReader;
        try
        {
            await http.Response.CompleteAsync();
            using CancellationTokenSource patience = new(Limits.Farewell, time);
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
        try
        {
            await flush.AsTask().WaitAsync(Limits.WriteDeadline, time);
            return !IsBroken;
        }
        catch (TimeoutException)
        {
            http.Abort();
            return false;
        }
    }
}
