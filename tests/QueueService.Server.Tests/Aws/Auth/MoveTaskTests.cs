using System.Text.Json.Nodes;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Aws.Auth;

[Collection(ServerCollection.Name)]
public sealed class MoveTaskTests(RunningServer server)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly SignedClient _client = new(server.Address);
    private readonly Api _api = server.Api;

    [Fact]
    public async Task Messages_go_back_each_to_the_queue_that_it_came_from()
    {
        string dead = await _client.NewQueue();
        string[] sources = [await NewSource(dead), await NewSource(dead)];
        foreach (string source in sources) await SendDead(source, Name(source));
        AwsAnswer started = await Start($$"""{"SourceArn":"{{Arn(dead)}}"}""");
        Assert.NotEmpty((string)started.ShouldSucceed().Json["TaskHandle"]!);
        JsonNode task = await Ended(dead);
        Assert.Equal(
            ("COMPLETED", Arn(dead), null, 2, 2),
            ((string?)task["Status"], (string?)task["SourceArn"], task["DestinationArn"],
                (int)task["ApproximateNumberOfMessagesMoved"]!, (int)task["ApproximateNumberOfMessagesToMove"]!));
        Assert.Null(task["TaskHandle"]);
        Assert.Null(task["FailureReason"]);
        Assert.Null(task["MaxNumberOfMessagesPerSecond"]);
        Assert.True((long)task["StartedTimestamp"]! > 1_600_000_000_000);
        foreach (string source in sources)
            Assert.Equal([Name(source)], await _api.Bodies("/v1/queues/" + Name(source)));
    }

    [Fact]
    public async Task Messages_go_to_a_queue_that_is_named_in_the_query_protocol_too()
    {
        string dead = await _client.NewQueue();
        string other = await _client.NewQueue();
        await SendDead(await NewSource(dead), "a", "b");
        AwsAnswer started = await _client.Query(
            "StartMessageMoveTask", "SourceArn=" + Arn(dead), "DestinationArn=" + Arn(other),
            "MaxNumberOfMessagesPerSecond=500");
        Assert.NotEmpty(started.ShouldSucceed().Value("TaskHandle"));
        await Ended(dead);
        AwsAnswer listed = await _client.Query("ListMessageMoveTasks", "SourceArn=" + Arn(dead), "MaxResults=10");
        Assert.Equal(("COMPLETED", Arn(other)), (listed.Value("Status"), listed.Value("DestinationArn")));
        Assert.Equal(
            ("500", "2"),
            (listed.Value("MaxNumberOfMessagesPerSecond"), listed.Value("ApproximateNumberOfMessagesMoved")));
        Assert.Equal(["a", "b"], (await _api.Bodies("/v1/queues/" + Name(other))).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_running_task_is_alone_and_can_be_cancelled()
    {
        string dead = await _client.NewQueue();
        string source = await NewSource(dead);
        await SendDead(source, "a", "b", "c", "d", "e", "f");
        string slow = $$"""{"SourceArn":"{{Arn(dead)}}","MaxNumberOfMessagesPerSecond":1}""";
        string handle = (string)(await Start(slow)).ShouldSucceed().Json["TaskHandle"]!;
        (await Start(slow)).ShouldBe(
            400, "InvalidParameterValue",
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time.");
        JsonNode running = (await Newest(dead))!;
        Assert.Equal(("RUNNING", handle), ((string?)running["Status"], (string?)running["TaskHandle"]));

        AwsAnswer cancelled = await _client.Json("CancelMessageMoveTask", $$"""{"TaskHandle":"{{handle}}"}""");
        int moved = (int)cancelled.ShouldSucceed().Json["ApproximateNumberOfMessagesMoved"]!;
        JsonNode task = (await Newest(dead))!;
        Assert.Equal(("CANCELLED", null), ((string?)task["Status"], task["TaskHandle"]));
        int back = (await _api.Bodies("/v1/queues/" + Name(source))).Length;
        Assert.Equal(moved, back);
        Assert.Equal(6 - moved, (await _api.Bodies("/v1/queues/" + Name(dead))).Length);
        (await _client.Query("CancelMessageMoveTask", "TaskHandle=" + handle)).ShouldBe(
            400, "AWS.SimpleQueueService.UnsupportedOperation", "Only active tasks can be cancelled.");
        (await Start(slow)).ShouldSucceed();
    }

    [Fact]
    public async Task A_task_whose_destination_is_deleted_has_failed()
    {
        string dead = await _client.NewQueue();
        string other = await _client.NewQueue();
        await SendDead(await NewSource(dead), "a", "b", "c", "d", "e", "f");
        (await Start(
            $$"""{"SourceArn":"{{Arn(dead)}}","DestinationArn":"{{Arn(other)}}","MaxNumberOfMessagesPerSecond":1}"""))
            .ShouldSucceed();
        (await _client.Json("DeleteQueue", $$"""{"QueueUrl":"{{other}}"}""")).ShouldSucceed();
        JsonNode task = await Ended(dead);
        Assert.Equal(
            ("FAILED", "AWS.SimpleQueueService.NonExistentQueue", Arn(other)),
            ((string?)task["Status"], (string?)task["FailureReason"], (string?)task["DestinationArn"]));
    }

    [Fact]
    public async Task A_task_whose_messages_came_from_a_deleted_queue_or_from_none_has_failed()
    {
        string dead = await _client.NewQueue();
        await NewSource(dead);
        string gone = await NewSource(dead);
        await SendDead(gone, "a");
        (await _client.Json("DeleteQueue", $$"""{"QueueUrl":"{{gone}}"}""")).ShouldSucceed();
        (await Start($$"""{"SourceArn":"{{Arn(dead)}}"}""")).ShouldSucceed();
        Assert.Equal("AWS.SimpleQueueService.NonExistentQueue", (string?)(await Ended(dead))["FailureReason"]);

        string direct = await _client.NewQueue();
        await NewSource(direct);
        (await _client.Json("SendMessage", $$"""{"QueueUrl":"{{direct}}","MessageBody":"a"}""")).ShouldSucceed();
        (await Start($$"""{"SourceArn":"{{Arn(direct)}}"}""")).ShouldSucceed();
        Assert.Equal("CouldNotDetermineMessageSource", (string?)(await Ended(direct))["FailureReason"]);
    }

    [Fact]
    public async Task A_redrive_of_v1_is_a_task()
    {
        string dead = await _client.NewQueue();
        await SendDead(await NewSource(dead), "a");
        Assert.Equal(202, (await _api.Post($"/v1/queues/{Name(dead)}/redrive", """{"dryRun":true}""")).Status);
        Assert.Equal(202, (await _api.Post($"/v1/queues/{Name(dead)}/redrive")).Status);
        await Ended(dead);
        JsonArray tasks = (await List(dead, 10)).Json["Results"]!.AsArray();
        Assert.Equal("COMPLETED", (string?)Assert.Single(tasks)!["Status"]);
    }

    [Fact]
    public async Task The_newest_task_is_listed_first_and_alone_unless_more_are_asked_for()
    {
        string dead = await _client.NewQueue();
        string source = await NewSource(dead);
        Assert.Empty((await List(dead, 10)).Json["Results"]!.AsArray());
        for (int rate = 1; rate <= 3; rate++)
        {
            await SendDead(source, "a");
            string start = $$"""{"SourceArn":"{{Arn(dead)}}","MaxNumberOfMessagesPerSecond":{{rate * 100}}}""";
            (await Start(start)).ShouldSucceed();
            await Ended(dead);
        }

        JsonArray two = (await List(dead, 2)).Json["Results"]!.AsArray();
        Assert.Equal([300, 200], two.Select(static task => (int)task!["MaxNumberOfMessagesPerSecond"]!));
    }

    [Theory]
    [InlineData("{}", 400, "MissingParameter", "must contain the parameter SourceArn")]
    [InlineData("""{"SourceArn":"arn:aws:sqs:us-east-1:000000000000:none"}""", 404, "ResourceNotFoundException",
        "The resource that you specified for the SourceArn parameter doesn't exist.")]
    [InlineData("""{"SourceArn":"jobs"}""", 404, "ResourceNotFoundException", "SourceArn")]
    [InlineData("""{"SourceArn":"DEAD","DestinationArn":"arn:aws:sqs:us-east-1:000000000000:none"}""", 404,
        "ResourceNotFoundException", "The resource that you specified for the DestinationArn parameter doesn't exist.")]
    [InlineData("""{"SourceArn":"SOURCE"}""", 400, "InvalidParameterValue",
        "must be configured as a Dead Letter Queue")]
    [InlineData("""{"SourceArn":"DEAD","DestinationArn":"DEAD"}""", 400, "InvalidParameterValue",
        "must not be the same")]
    [InlineData("""{"SourceArn":"DEAD","DestinationArn":"FIFO"}""", 400, "InvalidParameterValue", "of the same type")]
    [InlineData("""{"SourceArn":"DEAD","MaxNumberOfMessagesPerSecond":0}""", 400, "InvalidParameterValue",
        "Value 0 for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and 500, if " +
        "provided.")]
    [InlineData("""{"SourceArn":"DEAD","MaxNumberOfMessagesPerSecond":501}""", 400, "InvalidParameterValue", "501")]
    public async Task A_task_that_cannot_be_is_refused(string request, int status, string code, string message)
    {
        string dead = await _client.NewQueue();
        string source = await NewSource(dead);
        string fifo = await _client.NewQueue("""{"FifoQueue":"true"}""", ".fifo");
        string body = request.Replace("SOURCE", Arn(source), StringComparison.Ordinal)
            .Replace("DEAD", Arn(dead), StringComparison.Ordinal)
            .Replace("FIFO", Arn(fifo), StringComparison.Ordinal);
        (await Start(body)).ShouldBe(status, code, message);
        string[] parameters =
            [.. JsonNode.Parse(body)!.AsObject().Select(static member => $"{member.Key}={member.Value}")];
        (await _client.Query("StartMessageMoveTask", parameters)).ShouldBe(status, code, message);
    }

    [Theory]
    [InlineData("""{}""", 400, "MissingParameter", "TaskHandle")]
    [InlineData("""{"TaskHandle":"abc"}""", 400, "InvalidParameterValue", "Value for parameter TaskHandle is invalid.")]
    [InlineData("""{"TaskHandle":"W10="}""", 400, "InvalidParameterValue", "TaskHandle is invalid")]
    [InlineData("""{"TaskHandle":"{TASK}"}""", 404, "ResourceNotFoundException", "Task does not exist.")]
    [InlineData("""{"TaskHandle":"{NONE}"}""", 404, "ResourceNotFoundException", "SourceArn parameter doesn't exist")]
    public async Task A_task_that_is_none_cannot_be_cancelled(string request, int status, string code, string message)
    {
        string body = request
            .Replace("{TASK}", Handle(Arn(await _client.NewQueue())), StringComparison.Ordinal)
            .Replace("{NONE}", Handle("arn:aws:sqs:us-east-1:000000000000:none"), StringComparison.Ordinal);
        (await _client.Json("CancelMessageMoveTask", body)).ShouldBe(status, code, message);

        static string Handle(string arn) => Convert.ToBase64String(
            System.Text.Encoding.UTF8.GetBytes($$"""{"taskId":"op-999999","sourceArn":"{{arn}}"}"""));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(11)]
    public async Task At_most_10_tasks_are_listed(int count)
    {
        string dead = await _client.NewQueue();
        (await List(dead, count)).ShouldBe(400, "InvalidParameterValue", $"Value {count} for parameter MaxResults");
        (await _client.Query("ListMessageMoveTasks", "SourceArn=" + Arn(dead) + "x"))
            .ShouldBe(404, "ResourceNotFoundException", "SourceArn");
    }

    private Task<AwsAnswer> Start(string body) => _client.Json("StartMessageMoveTask", body);

    private Task<AwsAnswer> List(string queue, int count) => _client.Json(
        "ListMessageMoveTasks", $$"""{"SourceArn":"{{Arn(queue)}}","MaxResults":{{count}}}""");

    private async Task<JsonNode?> Newest(string queue) =>
        (await List(queue, 1)).ShouldSucceed().Json["Results"]!.AsArray().FirstOrDefault();

    private async Task<JsonNode> Ended(string queue)
    {
        for (int polls = 0; polls < 1_000; polls++)
        {
            if (await Newest(queue) is { } task && (string?)task["Status"] != "RUNNING") return task;
            // The server has its own clock: there is none to advance.
            await Task.Delay(Pause, TimeProvider.System);
        }

        throw new TimeoutException(queue);
    }

    private static string Name(string queue) => queue[(queue.LastIndexOf('/') + 1)..];

    private static string Arn(string queue) => "arn:aws:sqs:us-east-1:000000000000:" + Name(queue);

    /// <summary>A queue that has this one for its dead letters.</summary>
    private Task<string> NewSource(string dead) => _client.NewQueue(
        $$"""{"RedrivePolicy":"{\"deadLetterTargetArn\":\"{{Arn(dead)}}\",\"maxReceiveCount\":3}"}""");

    /// <summary>Sends messages and dead-letters them.</summary>
    private async Task SendDead(string queue, params string[] bodies)
    {
        string path = "/v1/queues/" + Name(queue);
        foreach (string body in bodies) Assert.Equal(201, (await _api.Post(path + "/messages", body)).Status);
        foreach (JsonNode message in await _api.Receive(path))
            Assert.Equal(204, (await _api.Post($"{path}/receipts/{message["receiptHandle"]}/dead-letter")).Status);
    }
}
