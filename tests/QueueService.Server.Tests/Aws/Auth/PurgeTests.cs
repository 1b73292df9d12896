using Microsoft.AspNetCore.Hosting;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Aws.Auth;

public sealed class PurgeTests(StrictServer strict) : IClassFixture<StrictServer>
{
    private readonly SignedClient _client = new(strict.Address);

    [Fact]
    public async Task A_purged_queue_is_empty_and_has_forgotten_what_was_sent()
    {
        string queue = await _client.NewQueue("""{"FifoQueue":"true"}""", ".fifo");
        string send = $$"""
            {"QueueUrl":"{{queue}}","MessageBody":"a","MessageGroupId":"g","MessageDeduplicationId":"d"}
            """;
        string first = (string)(await _client.Json("SendMessage", send)).Json["MessageId"]!;
        (await _client.Json("PurgeQueue", $$"""{"QueueUrl":"{{queue}}"}""")).ShouldSucceed();
        Assert.Equal("{}", (await _client.Json("ReceiveMessage", $$"""{"QueueUrl":"{{queue}}"}""")).Text);
        AwsAnswer again = await _client.Json("SendMessage", send);
        Assert.NotEqual(first, (string)again.Json["MessageId"]!);
        AwsAnswer received = await _client.Json(
            "ReceiveMessage", $$"""{"QueueUrl":"{{queue}}","WaitTimeSeconds":5}""");
        Assert.Single(received.Json["Messages"]!.AsArray());
    }

    [Fact]
    public async Task A_queue_is_purged_once_in_60_seconds()
    {
        string queue = await _client.NewQueue();
        string other = await _client.NewQueue();
        (await _client.Query("PurgeQueue", "QueueUrl=" + queue)).ShouldSucceed();
        string name = queue[(queue.LastIndexOf('/') + 1)..];
        string message = $"Only one PurgeQueue operation on {name} is allowed every 60 seconds.";
        (await _client.Query("PurgeQueue", "QueueUrl=" + queue)).ShouldBe(
            403, "AWS.SimpleQueueService.PurgeQueueInProgress", message);
        (await _client.Json("PurgeQueue", $$"""{"QueueUrl":"{{queue}}"}""")).ShouldBe(
            403, "AWS.SimpleQueueService.PurgeQueueInProgress", message);
        (await _client.Query("PurgeQueue", "QueueUrl=" + other)).ShouldSucceed();
    }

    [Fact]
    public async Task A_name_can_be_used_again_60_seconds_after_its_queue_was_deleted()
    {
        string queue = await _client.NewQueue();
        string name = queue[(queue.LastIndexOf('/') + 1)..];
        (await _client.Json("DeleteQueue", $$"""{"QueueUrl":"{{queue}}"}""")).ShouldSucceed();
        const string Message =
            "You must wait 60 seconds after deleting a queue before you can create another with the same name.";
        (await _client.Json("CreateQueue", $$"""{"QueueName":"{{name}}"}""")).ShouldBe(
            400, "AWS.SimpleQueueService.QueueDeletedRecently", Message);
        (await _client.Query("CreateQueue", "QueueName=" + name)).ShouldBe(
            400, "AWS.SimpleQueueService.QueueDeletedRecently", Message);
    }

    [Fact]
    public async Task A_queue_that_does_not_exist_cannot_be_purged() =>
        (await _client.Json("PurgeQueue", $$"""{"QueueUrl":"{{strict.Address}}000000000000/none"}"""))
            .ShouldBe(400, "AWS.SimpleQueueService.NonExistentQueue");
}

[Collection(ServerCollection.Name)]
public sealed class LenientTimerTests(RunningServer server)
{
    private readonly SignedClient _client = new(server.Address);

    [Fact]
    public async Task Nobody_waits_60_seconds_unless_the_settings_say_so()
    {
        string queue = await _client.NewQueue();
        (await _client.Query("PurgeQueue", "QueueUrl=" + queue)).ShouldSucceed();
        (await _client.Query("PurgeQueue", "QueueUrl=" + queue)).ShouldSucceed();
        (await _client.Query("DeleteQueue", "QueueUrl=" + queue)).ShouldSucceed();
        (await _client.Query("CreateQueue", "QueueName=" + queue[(queue.LastIndexOf('/') + 1)..])).ShouldSucceed();
    }
}

/// <summary>A server on which clients wait as they do at AWS.</summary>
public sealed class StrictServer : RunningServer
{
    protected override void Configure(IWebHostBuilder builder) => builder.UseSetting("Aws:StrictTimers", "true");
}
