using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using QueueService.Server.Hosting;
using QueueService.Server.Tests.Testing;
using QueueService.Server.Tests.Webhooks;

namespace QueueService.Server.Tests.Documentation;

/// <summary>
/// Every line that the README tells its readers to type is run in its order, with curl, against a server of its own,
/// and must be answered with success and with what stands after `# →`. Words in capitals are filled in here as the
/// README says: RECEIPT_HANDLE is that of a message of the line's queue, subscription or queue view that was just
/// received, MESSAGE_ID that of one that is delayed there, OPERATION_ID that of an operation that has not ended,
/// DELIVERY_ID that of one that has succeeded.
/// </summary>
public sealed partial class ReadmeTests : IAsyncLifetime
{
    private static readonly string Readme = File.ReadAllText(ReadmePath());

    /// <summary>Stands for the one of the README, which listens on port 9000.</summary>
    private readonly Receiver _receiver = new("127.0.0.2");

    private readonly DirectoryInfo _objects = Directory.CreateTempSubdirectory("queueservice-objects-");
    private readonly LiveServer _server;
    private readonly ReadmeShell _shell = new(Readme);
    private string _deliveries = "";

    public ReadmeTests() => _server = new LiveServer(
        TimeProvider.System, "Webhooks:AllowedNetworks:0=127.0.0.2/32", $"Tier:Directory={_objects.FullName}");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _shell.Dispose();
        await _server.DisposeAsync();
        await _receiver.DisposeAsync();
        _objects.Delete(recursive: true);
    }

    [Fact]
    public async Task Every_line_of_the_README_does_what_it_says()
    {
        List<string> wrong = [];
        int curls = 0;
        foreach (ReadmeLine line in ReadmeLine.Read(Readme))
        {
            curls += line.Calls;
            if (await Run(line) is { } mistake) wrong.Add($"README.md:{line.Number}: {line.Text}\n  {mistake}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(curls > 50, $"Only {curls} curl lines were found.");
        Assert.Equal([], await NotShown());
    }

    [Theory]
    [InlineData("curl $v1/queues/nobody", "was refused")]
    [InlineData("curl -X PUT $v1/queues/jobs; curl -X PUT -d '{\"nosuch\":1}' $v1/queues/jobs", "was refused")]
    [InlineData("curl --nosuch $v1/limits", "ended with 2")]
    [InlineData("curl http://127.0.0.1:1/", "was refused")]
    [InlineData("curl $v1/limits # → no such text", "does not print")]
    [InlineData("curl -N $v1/queues/nobody/sse # → event", "does not print event")]
    [InlineData("curl -N $v1/system/sse", "does not say")]
    [InlineData("curl $v1/queues/jobs/NOSUCH_WORD", "was refused")]
    [InlineData("wget $v1/limits", "is not known")]
    public async Task A_line_that_is_wrong_is_noticed(string text, string mistake)
    {
        Assert.Null(await Run(new ReadmeLine(1, "v1=http://127.0.0.1:8080/v1")));
        ReadmeLine line = Assert.Single(ReadmeLine.Read($"```bash\n{text}\n```"));
        Assert.Contains(mistake, await Run(line), StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_are_found_in_blocks_and_in_tables()
    {
        string text = "| `curl a \\| b` |\n```bash\n# no line\ncurl c \\\n  -d e\n```\n```\ncurl no\n```\nand `curl f`";
        Assert.Equal(
            [(1, "curl a | b"), (4, "curl c -d e"), (10, "curl f")],
            ReadmeLine.Read(text).Select(static line => (line.Number, line.Text)));
    }

    [Fact]
    public void The_README_lists_every_limit_of_the_process_with_its_default()
    {
        LimitOptions defaults = new();
        string[] expected =
        [
            .. typeof(LimitOptions).GetProperties().Select(property => (property.Name, Convert.ToInt64(
                property.GetValue(defaults), CultureInfo.InvariantCulture))).Select(static limit =>
                    $"Limits:{limit.Name} = {limit.Item2.ToString("N0", CultureInfo.InvariantCulture)}").Order(),
        ];
        Assert.Equal(expected, LimitRow.Matches(Readme)
            .Select(static row => $"{row.Groups["key"].Value} = {row.Groups["value"].Value.Trim()}").Order());
    }

    private async Task<string?> Run(ReadmeLine line)
    {
        if (line.IsStart) return null;
        string text = line.Text
            .Replace("http://127.0.0.1:8080", _server.Http1.ToString().TrimEnd('/'), StringComparison.Ordinal)
            .Replace("http://127.0.0.1:8082", _server.Http2.ToString().TrimEnd('/'), StringComparison.Ordinal);
        text = text.Replace("127.0.0.1:9000", _receiver.Address.ToString(), StringComparison.Ordinal);
        if (DeliveriesOf.Match(text) is { Success: true } listed) _deliveries = listed.Value;
        if ((line with { Text = text }).Variable is var (name, value))
        {
            _shell.Set(name, value);
            return null;
        }

        if (line.Calls == 0 && !text.StartsWith("echo ", StringComparison.Ordinal)) return "is not known to the test";
        return await _shell.Run(line, await Fill(text));
    }

    private async Task<string> Fill(string text)
    {
        string queue = "/v1/queues/" + QueueOf.Match(text).Groups["name"].Value;
        Match subscription = SubscriptionOf.Match(text);
        while (text.Contains("RECEIPT_HANDLE", StringComparison.Ordinal))
        {
            string target = subscription.Groups["topic"] is { Success: true, Value: var topic } ? $"/v1{topic}/messages"
                : subscription.Groups["stream"] is { Success: true, Value: var stream } ? $"/v1{stream}/records"
                : $"{queue}/messages";
            await _server.Api.Post(target, "for a receipt");
            JsonNode message = await _server.Api.ReceiveOne(subscription.Success ? "/v1" + subscription.Value : queue);
            text = FirstReceipt.Replace(text, (string)message["receiptHandle"]!, 1);
        }

        if (text.Contains("MESSAGE_ID", StringComparison.Ordinal))
        {
            Answer sent = await _server.Api.Post($"{queue}/messages?delay=1h", "for an id");
            text = text.Replace("MESSAGE_ID", (string)sent.Json["id"]!, StringComparison.Ordinal);
        }

        if (text.Contains("DELIVERY_ID", StringComparison.Ordinal))
            text = text.Replace("DELIVERY_ID", await FinishedDelivery(), StringComparison.Ordinal);

        return text.Contains("OPERATION_ID", StringComparison.Ordinal)
            ? text.Replace("OPERATION_ID", await NewOperation(), StringComparison.Ordinal)
            : text;
    }

    /// <summary>The last one of the subscription whose deliveries were listed; each question waits for a
    /// commit.</summary>
    private async Task<string> FinishedDelivery()
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (true)
        {
            Answer page = await _server.Api.Get($"/v1/deliveries?{_deliveries}&status=succeeded&limit=1");
            if (page.Json["items"]!.AsArray() is [{ } delivery]) return (string)delivery["id"]!;
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A redrive that has to wait: its job stands still from now on.</summary>
    private async Task<string> NewOperation()
    {
        Assert.Equal(200, (await _server.Api.Post("/v1/jobs/operations/pause")).Status);
        Answer redrive =
            await _server.Api.Post($"{await _server.Api.NewQueue()}/redrive", "{}", "Content-Type: application/json");
        Assert.Equal(202, redrive.Status);
        return (string)redrive.Json["id"]!;
    }

    /// <summary>Operations of the API for which the README has no line.</summary>
    private async Task<List<string>> NotShown()
    {
        JsonObject paths = (await _server.Api.Get("/openapi/v1.json")).Json["paths"]!.AsObject();
        string[] requests = [.. _shell.Requests.Select(request => request.Replace(
            _server.Http1.ToString().TrimEnd('/'), "", StringComparison.Ordinal).Split('?')[0])];
        List<string> missing = [];
        foreach ((string path, JsonNode? item) in paths)
        {
            foreach ((string method, _) in item!.AsObject())
            {
                string pattern = $"^{method.ToUpperInvariant()} {Parameter.Replace(path, "[^/]+")}$";
                if (!requests.Any(request => Regex.IsMatch(request, pattern, RegexOptions.None, TimeSpan.FromSeconds(1))))
                    missing.Add($"{method.ToUpperInvariant()} {path}");
            }
        }

        return missing;
    }

    private static string ReadmePath()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "QueueService.sln")))
            folder = folder.Parent;
        return Path.Combine(folder!.FullName, "README.md");
    }

    [GeneratedRegex("/queues/(?<name>[A-Za-z0-9._-]+)", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex QueueOf { get; }

    [GeneratedRegex(
        "(?<topic>/topics/[A-Za-z0-9._-]+)/subscriptions/[A-Za-z0-9._-]+" +
        "|(?<stream>/streams/[A-Za-z0-9._-]+)/queue-views/[A-Za-z0-9._-]+", RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex SubscriptionOf { get; }

    [GeneratedRegex("(?<=/deliveries\\?)subscription=[A-Za-z0-9._/-]+", RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex DeliveriesOf { get; }

    [GeneratedRegex("RECEIPT_HANDLE", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex FirstReceipt { get; }

    [GeneratedRegex("\\{[^}]+\\}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Parameter { get; }

    [GeneratedRegex(
        "^\\| `(?<key>Limits:\\w+)` \\| (?<value>[^|]+)\\|", RegexOptions.Multiline | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex LimitRow { get; }
}
