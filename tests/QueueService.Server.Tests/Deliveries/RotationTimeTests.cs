using QueueService.Server.Tests.Testing;
using QueueService.Server.Tests.Webhooks;
using QueueService.Testing;

namespace QueueService.Server.Tests.Deliveries;

/// <summary>When keys stop signing, by a clock that the test moves.</summary>
public sealed class RotationTimeTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero));
    private readonly LiveServer _server;

    public RotationTimeTests() => _server = new LiveServer(_time, "Webhooks:AllowedNetworks:0=127.0.0.2/32");

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();

    [Fact]
    public async Task While_a_rotation_overlaps_both_keys_sign_and_then_only_the_new_one()
    {
        await using ScriptedReceiver receiver = new();
        string topic = await _server.Api.NewTopic();
        Answer created = await _server.Api.Put(topic + "/subscriptions/a", Ask.Webhook(receiver.Url));
        string former = (string)created.Json["target"]!["secret"]!;
        Answer rotated = await _server.Api.Post(topic + "/subscriptions/a/secrets", """{"overlapSeconds":60}""");
        Assert.Equal(200, rotated.Status);
        string newest = (string)rotated.Json["secret"]!;
        Assert.NotEqual(former, newest);
        Assert.Equal("2026-11-21T12:01:00.000Z", (string)rotated.Json["secrets"]![1]!["expiresAt"]!);
        Assert.Null(rotated.Json["secrets"]![0]!["expiresAt"]);

        await _server.Api.Publish(topic, "in between");
        ReceivedRequest both = await receiver.Next();
        Assert.True(both.IsSignedBy(newest) && both.IsSignedBy(former));
        _time.Advance(TimeSpan.FromSeconds(60));
        await _server.Api.Publish(topic, "afterwards");
        ReceivedRequest one = await receiver.Next();
        Assert.True(one.IsSignedBy(newest) && !one.IsSignedBy(former));
    }
}
