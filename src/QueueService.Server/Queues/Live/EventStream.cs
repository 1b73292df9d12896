using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Http;
using QueueService.Server.Streams.QueueViews;

namespace QueueService.Server.Queues.Live;

/// <summary>Messages as server-sent events: one loop of receives, each of which waits until there is a message and room
/// for it.</summary>
internal sealed class EventStream(HttpContext http, LiveReceive receive, int prefetch)
{
    /// <summary>Later than the server listens after its farewell: a browser gives up on a refusal, but not on silence.
    /// </summary>
    private const int RetryMilliseconds = 2_000;

    private readonly LiveResponse _response = new(http, receive.Host.Live);

    public async Task Run()
    {
        await _response.Begin(ServerSentEvents.ContentType);
        using LivePulse pulse = new(receive.Host.Live, http.RequestAborted);
        JsonOutput output = JsonOutput.Rent();
        output.Retry(RetryMilliseconds);
        if (await _response.Write(output))
        {
            while (await Next(pulse, output))
            {
            }
        }

        output.Return();
    }

    /// <summary>One receive; answers false at the end of the stream.</summary>
    private async ValueTask<bool> Next(LivePulse pulse, JsonOutput output)
    {
        CancellationToken wake = pulse.Arm();
        if (receive.Host.Live.Draining.IsCancellationRequested)
        {
            output.BeginEvent("drain"u8, default).Raw("{}"u8).EndEvent();
            await _response.Write(output);
            return false;
        }

        // One that came before the pulse was armed ends no wait any more.
        if (pulse.TakeBeat())
        {
            output.Comment();
            return await _response.Write(output);
        }

        Result<ReceivedMessages> result = await receive.Wait(prefetch, wake);
        if (!result.Succeeded)
        {
            output.BeginEvent("problem"u8, default);
            BrokerProblems.Of(result.Error).WriteJson(output);
            output.EndEvent();
            receive.Host.ReportFailure();
            await _response.Write(output);
            return false;
        }

        using ReceivedMessages messages = result.Value;
        if (_response.IsBroken) return false;
        if (messages.Gap is { } gap)
        {
            output.BeginEvent("gap"u8, default);
            QueueViewJson.WriteGap(output, gap);
            output.EndEvent();
        }

        if (messages.Count > 0) return await receive.Send(_response, output, messages, WriteEvent);
        return output.Length == 0 || await _response.Write(output);
    }

    private static void WriteEvent(JsonOutput output, in MessageView message)
    {
        Span<byte> id = stackalloc byte[MessageId.TextLength];
        message.Id.Format(id);
        output.BeginEvent("message"u8, id);
        MessageJson.WriteReceived(output, in message);
        output.EndEvent();
    }
}
