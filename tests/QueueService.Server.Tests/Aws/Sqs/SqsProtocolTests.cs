using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace QueueService.Server.Tests.Aws.Sqs;

/// <summary>What the two protocols do not share: addresses, forms, types of answers.</summary>
public sealed class SqsProtocolTests(SqsServer server) : IClassFixture<SqsServer>
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });

    [Fact]
    public async Task A_queue_is_asked_by_GET_at_its_own_address()
    {
        string url = await server.Client(query: true).NewQueue();
        (HttpStatusCode status, string type, string text) =
            await Get(url + "?Action=GetQueueAttributes&AttributeName.1=QueueArn");
        Assert.Equal((HttpStatusCode.OK, "text/xml"), (status, type));
        Assert.Contains("<Attribute><Name>QueueArn</Name><Value>arn:aws:sqs:", text, StringComparison.Ordinal);
        (_, _, text) = await Get(url + "?Action=SendMessage&MessageBody=a+b%26");
        Assert.Contains("<MD5OfMessageBody>", text, StringComparison.Ordinal);
        Assert.Equal(["a b&"], await server.Client(query: false).Bodies(url));
    }

    [Fact]
    public async Task The_address_of_a_queue_is_not_for_everything()
    {
        string url = await server.Client(query: true).NewQueue();
        Assert.Equal((HttpStatusCode.NotFound, "<UnknownOperationException/>\n"), Bare(await Get(url)));
        Assert.Equal(
            (HttpStatusCode.NotFound, "<UnknownOperationException/>\n"), Bare(await Get(url, "application/json")));
        foreach (string action in new[] { "CreateQueue&QueueName=x", "ListQueues", "GetQueueUrl&QueueName=x", "Foo" })
        {
            (HttpStatusCode status, _, string text) = await Get($"{url}?Action={action}");
            Assert.Equal(HttpStatusCode.BadRequest, status);
            Assert.Contains("<Code>InvalidAction</Code>", text, StringComparison.Ordinal);
        }

        static (HttpStatusCode, string) Bare((HttpStatusCode Status, string Type, string Text) answer) =>
            (answer.Status, answer.Text);
    }

    [Fact]
    public async Task Who_accepts_JSON_only_gets_the_structure_of_the_XML_as_JSON()
    {
        string url = await server.Client(query: true).NewQueue();
        (HttpStatusCode status, string type, string text) =
            await Get(url + "?Action=GetQueueAttributes&AttributeName.1=DelaySeconds", "application/json");
        Assert.Equal((HttpStatusCode.OK, "application/json"), (status, type));
        JsonNode response = JsonNode.Parse(text)!["GetQueueAttributesResponse"]!;
        Assert.Equal(
            """[{"Name":"DelaySeconds","Value":"0"}]""",
            response["GetQueueAttributesResult"]!["Attributes"]!.ToJsonString());
        Assert.NotNull(response["ResponseMetadata"]!["RequestId"]);
        (status, _, text) = await Get(url + "?Action=GetQueueAttributes&AttributeName.1=Foo", "application/json");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("InvalidAttributeName", (string)JsonNode.Parse(text)!["Error"]!["Code"]!);
    }

    [Fact]
    public async Task An_address_in_the_request_wins_over_the_one_that_is_called()
    {
        SqsClient client = server.Client(query: true);
        (string first, string second) = (await client.NewQueue(), await client.NewQueue());
        await Get($"{first}?Action=SendMessage&MessageBody=x&QueueUrl={Uri.EscapeDataString(second)}");
        Assert.Empty(await client.Receive(first));
        Assert.Equal(["x"], await client.Bodies(second));
    }

    [Fact]
    public async Task JSON_is_taken_at_the_address_of_a_queue_and_answered_as_JSON()
    {
        SqsClient client = server.Client(query: false);
        string url = await client.NewQueue();
        (HttpStatusCode status, string type, string text) =
            await Post(url, "SendMessage", """{"MessageBody":"x","New":[1]}""");
        Assert.Equal((HttpStatusCode.OK, "application/x-amz-json-1.0"), (status, type));
        Assert.Contains("MessageId", text, StringComparison.Ordinal);
        Assert.Equal(["x"], await client.Bodies(url));
    }

    [Theory]
    [InlineData("Foo", "{}", 404, "UnknownOperationException")]
    [InlineData("SendMessage", "{", 400, "SerializationException")]
    [InlineData("SendMessage", "[]", 400, "SerializationException")]
    [InlineData("SendMessage", "null", 400, "SerializationException")]
    [InlineData("SendMessage", """{"MessageBody":1}""", 400, "SerializationException")]
    [InlineData("ReceiveMessage", """{"MaxNumberOfMessages":"1"}""", 400, "SerializationException")]
    [InlineData("SendMessage", "", 400, "MissingRequiredParameterException")]
    public async Task JSON_that_is_not_of_the_action_is_refused(string action, string body, int status, string shape)
    {
        (HttpStatusCode got, _, string text) = await Post(server.Address.ToString(), action, body);
        Assert.Equal(status, (int)got);
        Assert.Equal("com.amazon.coral.service#" + shape, (string)JsonNode.Parse(text)!["__type"]!);
    }

    [Fact]
    public async Task Half_of_a_surrogate_pair_is_no_text()
    {
        string url = await server.Client(query: false).NewQueue();
        (HttpStatusCode status, _, string text) = await Post(url, "SendMessage", "{\"MessageBody\":\"\\ud800\"}");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("com.amazonaws.sqs#InvalidMessageContents", (string)JsonNode.Parse(text)!["__type"]!);
    }

    [Fact]
    public async Task Attributes_may_be_given_without_a_number()
    {
        SqsClient client = server.Client(query: true);
        string url = await client.NewQueue();
        (HttpStatusCode status, _, _) = await Get(
            url + "?Action=SetQueueAttributes&Attribute.Name=DelaySeconds&Attribute.Value=3");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("3", (await client.Attributes(url, "DelaySeconds"))["DelaySeconds"]);
        (status, _, string text) = await Get(url + "?Action=ReceiveMessage&MaxNumberOfMessages=ten");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("Value ten for parameter MaxNumberOfMessages is invalid.", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_has_a_bounded_number_of_parameters()
    {
        string url = await server.Client(query: true).NewQueue();
        using FormUrlEncodedContent form = new(Enumerable.Range(0, 4_200)
            .Select(static n => KeyValuePair.Create($"AttributeName.{n}", "All")).Prepend(
                new("Action", "GetQueueAttributes")));
        using HttpResponseMessage response = await Http.PostAsync(new Uri(url), form);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(
            "at most 4096 parameters", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_waiting_receive_gets_the_first_message_at_once(bool query)
    {
        SqsClient client = server.Client(query);
        string url = await client.NewQueue();
        Task<SqsMessage[]> waiting = client.Receive(url, more: new JsonObject { ["WaitTimeSeconds"] = 20 });
        await client.Send(url, "x");
        Assert.Equal("x", Assert.Single(await waiting).Body);
    }

    private static async Task<(HttpStatusCode Status, string Type, string Text)> Get(string url, string accept = "*/*")
    {
        using HttpRequestMessage request = new(HttpMethod.Get, url);
        request.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse(accept));
        return await Send(request);
    }

    private static async Task<(HttpStatusCode Status, string Type, string Text)> Post(
        string url, string action, string json)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, url) { Content = new StringContent(json) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.0");
        request.Headers.Add("X-Amz-Target", "AmazonSQS." + action);
        return await Send(request);
    }

    private static async Task<(HttpStatusCode Status, string Type, string Text)> Send(HttpRequestMessage request)
    {
        using HttpResponseMessage response = await Http.SendAsync(request);
        return (response.StatusCode, response.Content.Headers.ContentType!.MediaType!,
            await response.Content.ReadAsStringAsync());
    }
}
