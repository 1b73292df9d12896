using System.Text;
using QueueService.Clients.Generated;

namespace QueueService.Clients;

/// <summary>The main job through a client that NSwag generates from api-spec/openapi.json.</summary>
public sealed class MainJobTests : IAsyncLifetime, IDisposable
{
    private const string Queue = "csharp";

    private readonly HttpClient _http = new()
    {
        BaseAddress = new Uri(Environment.GetEnvironmentVariable("QUEUESERVICE_URL")
            ?? throw new InvalidOperationException("QUEUESERVICE_URL names the server (see with-server.mjs)")),
    };

    private readonly QueueServiceClient _client;

    public MainJobTests() => _client = new QueueServiceClient(_http);

    public async Task InitializeAsync()
    {
        // .NET's own converter writes the enum as `Fsync`.
        Queue created = await _client.PutQueueAsync(
            Queue, body: new QueueSettings { VisibilityTimeoutSeconds = 60, Durability = Durability.Fsync });
        Assert.Equal(Queue, created.Name);
        Assert.Equal(60, created.VisibilityTimeoutSeconds);
    }

    public Task DisposeAsync() => _client.DeleteQueueAsync(Queue);

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task A_raw_body_is_sent_received_and_acknowledged()
    {
        SentMessage sent = await Send("hello", "text/plain");
        Message message = await ReceiveOne();
        Assert.Equal(sent.Id, message.Id);
        Assert.Equal("hello", message.Body);
        Assert.Equal("text/plain", message.ContentType);
        Assert.Equal(1, message.ReceiveCount);
        await _client.AcknowledgeMessageAsync(Queue, message.ReceiptHandle!);
        Assert.Empty(await Receive(1, "0s"));
    }

    [Fact]
    public async Task Bytes_that_are_no_text_come_back_as_they_were_sent()
    {
        byte[] bytes = [0xFF, 0x00, 0xFE];
        using var body = new MemoryStream(bytes);
        await _client.SendMessageAsync(Queue, body: new FileParameter(body, "", "application/octet-stream"));
        Message message = await ReceiveOne();
        Assert.Null(message.Body);
        Assert.Equal(bytes, message.BodyBase64);
    }

    [Fact]
    public async Task A_json_batch_is_sent_received_with_a_wait_and_acknowledged_together()
    {
        string[] bodies = ["one", "two", "three"];
        SentMessageBatch sent = await _client.SendMessageBatchAsync(
            Queue, new MessageBatch { Messages = [.. bodies.Select(body => new NewMessage { Body = body })] });
        Assert.Equal(3, sent.Results.Count);
        ICollection<Message> messages = await Receive(10);
        Assert.Equal(bodies, messages.Select(message => message.Body));
        SettleResults settled = await _client.AcknowledgeMessagesAsync(
            Queue, new ReceiptBatch { ReceiptHandles = [.. messages.Select(message => message.ReceiptHandle!)] });
        Assert.All(settled.Results, result => Assert.Equal(204, result.Status));
    }

    [Fact]
    public async Task A_lease_is_extended_released_and_given_again()
    {
        await Send("again");
        Message first = await ReceiveOne();
        Lease lease = await _client.ExtendLeaseAsync(
            Queue, first.ReceiptHandle!, new ExtendRequest { VisibilityTimeoutSeconds = 600 });
        Assert.True(lease.VisibleAt > first.VisibleAt);
        await _client.ReleaseMessageAsync(Queue, first.ReceiptHandle!);

        Message second = await ReceiveOne();
        Assert.Equal(first.Id, second.Id);
        Assert.Equal(2, second.ReceiveCount);
        ApiException<Problem> late = await Assert.ThrowsAsync<ApiException<Problem>>(
            () => _client.AcknowledgeMessageAsync(Queue, first.ReceiptHandle!));
        Assert.Equal(410, late.StatusCode);
        Assert.Equal("receipt-expired", late.Result.Code);
        await _client.AcknowledgeMessageAsync(Queue, second.ReceiptHandle!);
    }

    [Fact]
    public async Task A_queue_that_is_not_there_is_a_typed_problem_document()
    {
        ApiException<Problem> missing =
            await Assert.ThrowsAsync<ApiException<Problem>>(() => _client.GetQueueAsync("nobody"));
        Assert.Equal(404, missing.StatusCode);
        Assert.Equal(404, missing.Result.Status);
        Assert.Equal("queue-not-found", missing.Result.Code);
        Assert.EndsWith("/problems/queue-not-found", missing.Result.Type, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_backlog_is_browsed_and_purged_and_the_statistics_know()
    {
        await Send("browsed");
        MessagePage page = await _client.BrowseMessagesAsync(Queue, state: MessageState.Available, limit: 10);
        BrowsedMessage message = Assert.Single(page.Items);
        Assert.Equal("browsed", message.Body);
        Assert.Equal(MessageState.Available, message.State);
        Assert.Equal(1, (await _client.GetQueueAsync(Queue)).Stats.Available);
        await _client.PurgeQueueAsync(Queue);
        Assert.Equal(0, (await _client.GetQueueAsync(Queue)).Stats.Available);
    }

    private async Task<SentMessage> Send(string text, string contentType = "text/plain")
    {
        using var body = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return await _client.SendMessageAsync(Queue, body: new FileParameter(body, "", contentType));
    }

    private async Task<ICollection<Message>> Receive(int max, string wait = "5s") =>
        (await _client.ReceiveMessagesAsync(Queue, max, wait, visibilityTimeout: "30s")).Messages;

    private async Task<Message> ReceiveOne() => Assert.Single(await Receive(1));
}
