using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace QueueService.Server.Tests.Aws.Sns;

/// <summary>What came back from SNS.</summary>
internal sealed record SnsAnswer(int Status, XElement Xml)
{
    /// <summary>The text of the first element of this name; null when there is none.</summary>
    public string? Text(string name) =>
        Xml.DescendantsAndSelf().FirstOrDefault(element => element.Name.LocalName == name)?.Value;

    public string? Code => Text("Code");

    public string? Message => Text("Message");

    public IEnumerable<string> All(string name) =>
        Xml.Descendants().Where(element => element.Name.LocalName == name).Select(static element => element.Value);

    /// <summary>A map, as attributes are.</summary>
    public Dictionary<string, string> Entries() => Xml.Descendants()
        .Where(static element => element.Name.LocalName == "entry")
        .ToDictionary(
            static entry => entry.Elements().Single(static part => part.Name.LocalName == "key").Value,
            static entry => entry.Elements().Single(static part => part.Name.LocalName == "value").Value);

    public void ShouldFail(int status, string code, string words = "")
    {
        Assert.True((Status, Code) == (status, code), $"expected {status} {code}, got {Status} {Xml}");
        Assert.Contains(words, Message, StringComparison.Ordinal);
    }
}

/// <summary>Requests as an SDK sends them, without a signature.</summary>
internal sealed class SnsApi(Uri server)
{
    private static readonly string[] All = ["All"];

    public const string TopicPrefix = "arn:aws:sns:us-east-1:000000000000:";
    public const string QueuePrefix = "arn:aws:sqs:us-east-1:000000000000:";

    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false });

    public static string NewName(string suffix = "") => "t-" + Guid.CreateVersion7().ToString("N") + suffix;

    public async Task<SnsAnswer> Call(string action, params (string Name, string Value)[] parameters)
    {
        List<KeyValuePair<string, string>> form = [new("Action", action), new("Version", "2010-03-31")];
        form.AddRange(parameters.Select(static one => new KeyValuePair<string, string>(one.Name, one.Value)));
        using FormUrlEncodedContent content = new(form);
        using HttpResponseMessage response = await Client.PostAsync(server, content);
        return await Read(response);
    }

    /// <summary>The answer of an action that succeeds.</summary>
    public async Task<SnsAnswer> Do(string action, params (string Name, string Value)[] parameters)
    {
        SnsAnswer answer = await Call(action, parameters);
        Assert.True(answer.Status == 200, answer.Xml.ToString());
        return answer;
    }

    public static async Task<SnsAnswer> Get(string url)
    {
        using HttpResponseMessage response = await Client.GetAsync(new Uri(url));
        return await Read(response);
    }

    public async Task<string> NewTopic(params (string Name, string Value)[] attributes)
    {
        bool isFifo = attributes.Any(static one => one.Name == "FifoTopic");
        return (
            await Do("CreateTopic", [("Name", NewName(isFifo ? ".fifo" : "")), .. Entries("Attributes", attributes)]))
            .Text("TopicArn")!;
    }

    public async Task<string> Subscribe(
        string topic, string protocol, string endpoint, params (string Name, string Value)[] attributes) =>
        (await Do(
            "Subscribe",
            [
                ("TopicArn", topic), ("Protocol", protocol), ("Endpoint", endpoint), ("ReturnSubscriptionArn", "true"),
                .. Entries("Attributes", attributes),
            ])).Text("SubscriptionArn")!;

    public Task<SnsAnswer> Publish(string topic, string message, params (string Name, string Value)[] more) =>
        Do("Publish", [("TopicArn", topic), ("Message", message), .. more]);

    public static IEnumerable<(string Name, string Value)> Entries(
        string parameter, params (string Name, string Value)[] entries) => entries.SelectMany((entry, place) => new[]
        {
            ($"{parameter}.entry.{place + 1}.key", entry.Name), ($"{parameter}.entry.{place + 1}.value", entry.Value),
        });

    /// <summary>An attribute of a message.</summary>
    public static (string Name, string Value)[] Attribute(int place, string name, string type, string value) =>
    [
        ($"MessageAttributes.entry.{place}.Name", name), ($"MessageAttributes.entry.{place}.Value.DataType", type),
        ($"MessageAttributes.entry.{place}.Value.{(type.StartsWith("Binary", StringComparison.Ordinal) ? "Binary" : "String")}Value", value),
    ];

    /// <summary>Calls SQS in its JSON protocol.</summary>
    public async Task<JsonNode> Sqs(string action, object request)
    {
        using HttpRequestMessage message = new(HttpMethod.Post, server);
        message.Headers.Add("X-Amz-Target", "AmazonSQS." + action);
        message.Content = new StringContent(System.Text.Json.JsonSerializer.Serialize(request), Encoding.UTF8);
        message.Content.Headers.ContentType = new("application/x-amz-json-1.0");
        using HttpResponseMessage response = await Client.SendAsync(message);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return JsonNode.Parse(text.Length == 0 ? "{}" : text)!;
    }

    /// <summary>The URL of a new queue, and its ARN.</summary>
    public async Task<(string Url, string Arn)> NewQueue(bool isFifo = false)
    {
        string name = "q-" + Guid.CreateVersion7().ToString("N") + (isFifo ? ".fifo" : "");
        Dictionary<string, string> attributes = isFifo ? new() { ["FifoQueue"] = "true" } : [];
        JsonNode made = await Sqs("CreateQueue", new { QueueName = name, Attributes = attributes });
        return ((string)made["QueueUrl"]!, QueuePrefix + name);
    }

    /// <summary>The next message of a queue, which must come.</summary>
    public async Task<JsonNode> Receive(string url)
    {
        JsonNode answer = await Sqs("ReceiveMessage", new
        {
            QueueUrl = url, WaitTimeSeconds = 20, AttributeNames = All, MessageAttributeNames = All,
        });
        Assert.True(answer["Messages"] is not null, "There is no message.");
        return answer["Messages"]![0]!;
    }

    /// <summary>The envelope in the next message of a queue.</summary>
    public async Task<JsonNode> ReceiveEnvelope(string url) => JsonNode.Parse((string)(await Receive(url))["Body"]!)!;

    private static async Task<SnsAnswer> Read(HttpResponseMessage response) =>
        new((int)response.StatusCode, XElement.Parse(await response.Content.ReadAsStringAsync()));
}
