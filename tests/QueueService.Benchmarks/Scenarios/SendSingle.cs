using QueueService.Benchmarks.Load;

namespace QueueService.Benchmarks.Scenarios;

/// <summary>One message per request, its body as the request's body.</summary>
internal static class SendSingle
{
    public static Scenario ClosedLoop(int bodyLength) => new("send-1", requests => Open(requests, bodyLength));

    /// <summary>At a fixed rate, far below saturation: how long one caller waits for the acknowledgement.</summary>
    public static Scenario OpenLoop(int bodyLength, double rate) =>
        new("latency", requests => Open(requests, bodyLength)) { Rate = rate };

    private static RepeatedRequest Open(Requests requests, int bodyLength) =>
        new(requests.Post("messages", Requests.Text, Scenario.Body(bodyLength)), messages: 1);
}
