using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using QueueService.Server.Tests.Testing;
using QueueService.Testing;

namespace QueueService.Server.Tests.Aws.Sqs;

/// <summary>A server without keys, on a clock that tests move. A test uses queues of its own.</summary>
public sealed class SqsServer : IAsyncLifetime
{
    private readonly LiveServer _server;

    public SqsServer() => _server = new LiveServer(Time);

    internal ManualTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 21, 10, 0, 0, TimeSpan.Zero));

    internal Api Api => _server.Api;

    internal Uri Address => _server.Http1;

    internal SqsClient Client(bool query) => new(_server.Http1, query);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _server.DisposeAsync().AsTask();
}

/// <summary>Calls the actions of SQS in one of its two protocols, with the same input for both.</summary>
internal sealed class SqsClient(Uri server, bool query)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });

    /// <summary>How lists and maps are called where they are flattened: name, and those of keys and values.</summary>
    private static readonly Dictionary<string, string[]> Flattened = new(StringComparer.Ordinal)
    {
        ["Attributes"] = ["Attribute", "Name", "Value"],
        ["tags"] = ["Tag", "Key", "Value"],
        ["MessageAttributes"] = ["MessageAttribute", "Name", "Value"],
        ["MessageSystemAttributes"] = ["MessageSystemAttribute", "Name", "Value"],
        ["AttributeNames"] = ["AttributeName"],
        ["MessageSystemAttributeNames"] = ["MessageSystemAttributeName"],
        ["MessageAttributeNames"] = ["MessageAttributeName"],
    };

    public async Task<SqsAnswer> Call(string action, JsonObject input)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, server);
        if (query)
        {
            List<KeyValuePair<string, string>> form = [new("Action", action), new("Version", "2012-11-05")];
            Flatten(action, "", input, form);
            request.Content = new FormUrlEncodedContent(form);
        }
        else
        {
            request.Content = new StringContent(input.ToJsonString());
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-amz-json-1.0");
            request.Headers.Add("X-Amz-Target", "AmazonSQS." + action);
        }

        using HttpResponseMessage response = await Http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.Headers.Contains("x-amzn-RequestId"));
        string media = response.Content.Headers.ContentType!.MediaType!;
        Assert.Equal(query ? "text/xml" : "application/x-amz-json-1.0", media);
        string? code = response.Headers.TryGetValues("x-amzn-query-error", out IEnumerable<string>? values)
            ? values.Single() : null;
        return new SqsAnswer((int)response.StatusCode, text, code, query);
    }

    public async Task<SqsAnswer> Succeed(string action, JsonObject input)
    {
        SqsAnswer answer = await Call(action, input);
        Assert.True(answer.Status == 200, $"{action}: {answer.Status} {answer.Text}");
        return answer;
    }

    /// <summary>The URL of a new queue.</summary>
    public async Task<string> NewQueue(JsonObject? attributes = null, string suffix = "")
    {
        JsonObject input = new() { ["QueueName"] = "q" + Guid.CreateVersion7().ToString("N") + suffix };
        if (attributes is not null) input["Attributes"] = attributes;
        return (await Succeed("CreateQueue", input)).One("QueueUrl");
    }

    public Task<string> NewFifo(JsonObject? more = null)
    {
        JsonObject attributes = more ?? [];
        attributes["FifoQueue"] = "true";
        return NewQueue(attributes, ".fifo");
    }

    public Task<SqsAnswer> Send(string url, string body, JsonObject? more = null)
    {
        JsonObject input = more ?? [];
        input["QueueUrl"] = url;
        input["MessageBody"] = body;
        return Call("SendMessage", input);
    }

    /// <summary>Sends to a group of a FIFO queue; the body is the deduplication id as well.</summary>
    public async Task SendTo(string url, string group, params string[] bodies)
    {
        foreach (string body in bodies)
        {
            SqsAnswer sent = await Send(
                url, body, new JsonObject { ["MessageGroupId"] = group, ["MessageDeduplicationId"] = body });
            Assert.True(sent.Status == 200, sent.Text);
        }
    }

    public async Task<SqsMessage[]> Receive(string url, int max = 10, JsonObject? more = null)
    {
        JsonObject input = more ?? [];
        input["QueueUrl"] = url;
        input["MaxNumberOfMessages"] = max;
        input["AttributeNames"] ??= new JsonArray("All");
        return (await Succeed("ReceiveMessage", input)).Messages();
    }

    public async Task<string[]> Bodies(string url, int max = 10, JsonObject? more = null) =>
        [.. (await Receive(url, max, more)).Select(static message => message.Body)];

    public Task<SqsAnswer> Delete(string url, string handle) =>
        Call("DeleteMessage", new JsonObject { ["QueueUrl"] = url, ["ReceiptHandle"] = handle });

    public Task<SqsAnswer> Change(string url, string handle, int seconds) => Call(
        "ChangeMessageVisibility",
        new JsonObject { ["QueueUrl"] = url, ["ReceiptHandle"] = handle, ["VisibilityTimeout"] = seconds });

    public async Task<IReadOnlyDictionary<string, string>> Attributes(string url, params string[] names)
    {
        JsonArray asked = [.. names.Select(static name => (JsonNode)name)];
        SqsAnswer answer = await Succeed(
            "GetQueueAttributes", new JsonObject { ["QueueUrl"] = url, ["AttributeNames"] = asked });
        return answer.Map("Attributes", "Attribute");
    }

    private static void Flatten(
        string action, string prefix, JsonObject value, List<KeyValuePair<string, string>> form)
    {
        foreach ((string name, JsonNode? member) in value)
        {
            string[] names = name == "Entries" ? [action + "RequestEntry"] : Flattened.GetValueOrDefault(name, []);
            if (names.Length == 3) FlattenMap(action, prefix, names, member!.AsObject(), form);
            else if (member is JsonArray list) FlattenList(action, prefix + names[0], list, form);
            else form.Add(new(prefix + name, member is JsonValue text ? TextOf(text) : ""));
        }
    }

    private static void FlattenMap(
        string action, string prefix, string[] names, JsonObject map, List<KeyValuePair<string, string>> form)
    {
        int number = 1;
        foreach ((string key, JsonNode? value) in map)
        {
            string entry = $"{prefix}{names[0]}.{number++}.";
            form.Add(new(entry + names[1], key));
            if (value is JsonObject structure) Flatten(action, $"{entry}{names[2]}.", structure, form);
            else form.Add(new(entry + names[2], TextOf(value!.AsValue())));
        }
    }

    private static void FlattenList(
        string action, string name, JsonArray list, List<KeyValuePair<string, string>> form)
    {
        for (int i = 0; i < list.Count; i++)
        {
            if (list[i] is JsonObject entry) Flatten(action, $"{name}.{i + 1}.", entry, form);
            else form.Add(new($"{name}.{i + 1}", TextOf(list[i]!.AsValue())));
        }
    }

    private static string TextOf(JsonValue value) => Convert.ToString(value.ToString(), CultureInfo.InvariantCulture)!;
}

internal sealed record SqsMessage(
    string Id, string Handle, string Body, string BodyMd5, string? AttributesMd5,
    IReadOnlyDictionary<string, string> System, IReadOnlyDictionary<string, string> Attributes);

/// <summary>An answer of either protocol, read by the names that both use.</summary>
internal sealed record SqsAnswer(int Status, string Text, string? QueryError, bool IsXml)
{
    public string Code => IsXml ? One("Code") : QueryError!.Split(';')[0];

    public string Message => IsXml ? One("Message") : (string)JsonNode.Parse(Text)!["message"]!;

    /// <summary>The only value of this name.</summary>
    public string One(string name) => Assert.Single(All(name));

    public bool Has(string name) => All(name).Length > 0;

    /// <summary>All values of this name, wherever they are.</summary>
    public string[] All(string name) => IsXml
        ? [.. XDocument.Parse(Text).Descendants().Where(node => node.Name.LocalName == name).Select(static node => node.Value)]
        : Text.Length == 0 ? [] : [.. Find(JsonNode.Parse(Text), name)];

    public IReadOnlyDictionary<string, string> Map(string json, string xml) => IsXml
        ? Entries(XDocument.Parse(Text).Root!, xml)
        : Entries(JsonNode.Parse(Text)![json]);

    public SqsMessage[] Messages()
    {
        if (!IsXml)
        {
            JsonArray messages = JsonNode.Parse(Text)!["Messages"]?.AsArray() ?? [];
            return [.. messages.Select(static message => new SqsMessage(
                (string)message!["MessageId"]!, (string)message["ReceiptHandle"]!, (string)message["Body"]!,
                (string)message["MD5OfBody"]!, (string?)message["MD5OfMessageAttributes"],
                Entries(message["Attributes"]), Values(message["MessageAttributes"])))];
        }

        return
        [
            .. XDocument.Parse(Text).Descendants().Where(static node => node.Name.LocalName == "Message")
                .Select(static node => new SqsMessage(
                    Child(node, "MessageId")!, Child(node, "ReceiptHandle")!, Child(node, "Body")!,
                    Child(node, "MD5OfBody")!, Child(node, "MD5OfMessageAttributes"), Entries(node, "Attribute"),
                    Entries(node, "MessageAttribute"))),
        ];
    }

    public SqsAnswer ShouldBe(int status, string code, string message = "")
    {
        Assert.True(Status == status, $"{Status} {Text}");
        Assert.Equal(code, Code);
        Assert.Contains(message, Message, StringComparison.Ordinal);
        return this;
    }

    private static IEnumerable<string> Find(JsonNode? node, string name)
    {
        if (node is JsonArray list) return list.SelectMany(item => Find(item, name));
        if (node is not JsonObject members) return [];
        return members.SelectMany(member => member.Key == name && member.Value is JsonValue value
            ? [value.ToString()]
            : Find(member.Value, name));
    }

    private static string? Child(XElement node, string name) =>
        node.Elements().FirstOrDefault(child => child.Name.LocalName == name)?.Value;

    private static Dictionary<string, string> Entries(XElement node, string name)
    {
        Dictionary<string, string> entries = [];
        foreach (XElement entry in node.DescendantsAndSelf().Where(child => child.Name.LocalName == name))
        {
            XElement value = entry.Elements().Single(static child => child.Name.LocalName == "Value");
            string text = Child(value, "StringValue") ?? Child(value, "BinaryValue") ?? value.Value;
            string? type = Child(value, "DataType");
            entries[Child(entry, "Name")!] = type is null ? text : $"{type}:{text}";
        }

        return entries;
    }

    private static Dictionary<string, string> Entries(JsonNode? map) => map is null ? [] : map.AsObject()
        .ToDictionary(static entry => entry.Key, static entry => (string)entry.Value!);

    private static Dictionary<string, string> Values(JsonNode? map) => map is null ? [] : map.AsObject()
        .ToDictionary(
            static entry => entry.Key,
            static entry => $"{entry.Value!["DataType"]}:{entry.Value["StringValue"] ?? entry.Value["BinaryValue"]}");
}
