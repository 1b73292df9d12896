using QueueService.Broker;
using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Queues.Live;

/// <summary>Messages as server-sent events: one loop of receives, each of which waits until there is a message and room
/// for it.</summary>
internal sealed class EventStream(HttpContext http, LiveReceive receive, int prefetch)
{
    public const string MediaType = "text/event-stream";

    private readonly LiveResponse _response = new(http, receive.Host.Live.Time);

    public async Task Run()
    {
        await _response.Begin(MediaType);
        using LivePulse pulse = new(receive.Host.Live, http.RequestAborted);
        JsonOutput output = JsonOutput.Rent();
        // Later than the server listens after its farewell: a browser gives up on a refusal, but not on silence.
        output.Raw("retry: 2000\n\n"u8);
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
            output.Raw("event: drain\ndata: {}\n\n"u8);
            await _response.Write(output);
            return false;
        }

        Result<ReceivedMessages> result = await receive.Wait(prefetch, wake);
        if (!result.Succeeded)
        {
            output.Raw("event: problem\ndata: "u8);
            BrokerProblems.Of(result.Error).WriteJson(output);
            output.Raw("\n\n"u8);
            receive.Host.ReportFailure();
            await _response.Write(output);
            return false;
        }

        using ReceivedMessages messages = result.Value;
        if (_response.IsBroken) return false;
        bool beat = pulse.TakeBeat();
        if (messages.Count > 0) return await receive.Send(_response, output, messages, WriteEvent);
        if (!beat) return true;
        output.Raw(": heartbeat\n\n"u8);
        return await _response.Write(output);
    }

    private static void WriteEvent(JsonOutput output, in MessageView message)
    {
        output.Raw("id: "u8);
        message.Id.Format(output.GetSpan(MessageId.TextLength));
        output.Advance(MessageId.TextLength);
        output.Raw("\nevent: message\ndata: "u8);
        MessageJson.WriteReceived(output, in message);
        output.Raw("\n\n"u8);
    }
}
