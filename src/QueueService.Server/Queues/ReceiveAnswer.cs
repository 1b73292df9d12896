using System.Buffers;
using System.IO.Pipelines;
using QueueService.Broker.Messages;
using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>Writes what a receive got: a small answer in one write with its length, a large one chunk by chunk, so that
/// bodies pass through one buffer of bounded size.</summary>
internal readonly struct ReceiveAnswer(
    HttpContext http, QueueName queue, ReceivedMessages messages, ReceiptList? receipts, ReceiveFormat format)
{
    /// <summary>Answers false when the client went away before it could have read the answer.</summary>
    public ValueTask<bool> Write()
    {
        if (http.RequestAborted.IsCancellationRequested) return ValueTask.FromResult(false);
        return format == ReceiveFormat.Raw ? WriteRaw() : WriteJson();
    }

    private async ValueTask<bool> WriteJson()
    {
        JsonOutput output = JsonOutput.Rent();
        output.Raw("{\"messages\":["u8);
        bool streaming = false;
        bool first = true;
        for (int i = 0; i < messages.Count; i++)
        {
            first &= !WriteMessage(output, i, first);
            if (output.Length < Limits.ResponseChunk || i == messages.Count - 1) continue;
            if (!streaming)
            {
                http.Response.StatusCode = 200;
                http.Response.ContentType = Answers.Json;
                streaming = true;
            }

            await http.Response.BodyWriter.WriteAsync(output.Written, CancellationToken.None);
            output.Clear();
            if (!http.RequestAborted.IsCancellationRequested) continue;
            output.Return();
            return false;
        }

        output.Raw("]"u8);
        if (messages.Acknowledged is { } errors && receipts is not null)
        {
            output.Raw(",\"acknowledged\":"u8);
            receipts.WriteResults(output, errors, StatusCodes.Status204NoContent);
        }

        output.Raw("}"u8);
        if (!streaming)
        {
            await http.Answer(200, Answers.Json, output);
            return true;
        }

        await http.Response.BodyWriter.WriteAsync(output.Written, CancellationToken.None);
        output.Return();
        return true;
    }

    private bool WriteMessage(JsonOutput output, int n, bool first)
    {
        if (!messages.TryRead(n, out MessageView message)) return false;
        if (!first) output.Raw(","u8);
        if (format == ReceiveFormat.CloudEvents) CloudEventWriter.WriteReceived(output, queue, in message);
        else MessageJson.WriteReceived(output, in message);
        return true;
    }

    private async ValueTask<bool> WriteRaw()
    {
        if (!StartRaw())
        {
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            return true;
        }

        FlushResult flushed = await http.Response.BodyWriter.FlushAsync(CancellationToken.None);
        return !flushed.IsCanceled;
    }

    private bool StartRaw()
    {
        if (messages.Count == 0 || !messages.TryRead(0, out MessageView message)) return false;
        HttpResponse response = http.Response;
        RawHeaders.Write(response.Headers, in message);
        response.ContentType = message.ContentType;
        response.ContentLength = message.Body.Length;
        response.BodyWriter.Write(message.Body);
        return true;
    }
}
