using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Deliveries;

/// <summary>The receiver that the README shows, run by Node.js with the npm packages of tests/clients.</summary>
[Collection(DeliveryCollection.Name)]
public sealed partial class ReadmeReceiverTests(DeliveryServer server)
{
    private const string Secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

    [Fact]
    public async Task The_receiver_of_the_README_takes_what_is_genuine_and_nothing_else()
    {
        using Process node = Start();
        try
        {
            string port = (await node.StandardOutput.ReadLineAsync())!;
            string url = $"http://127.0.0.2:{port}/hooks";
            string topic = await server.Api.NewTopic();
            string genuine = await server.Api.Subscribe(
                topic, "a", Ask.Webhook(url, $",\"secret\":\"{Secret}\""));
            Answer published = await server.Api.Post(
                topic + "/messages", """{"order":2}""", "Content-Type: application/json");
            Assert.Equal(
                $"{published.Json["id"]} {{ order: 2 }}", await node.StandardOutput.ReadLineAsync());
            Assert.Single(await server.Api.Until(genuine, "succeeded", 1));

            string forged = await server.Api.Subscribe(topic, "b", Ask.Webhook(url));
            JsonNode attempt = (await server.Api.Post(forged + "/test")).Json;
            Assert.Equal(400, (int)attempt["status"]!);
        }
        finally
        {
            node.Kill();
        }
    }

    private static Process Start()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "QueueService.sln")))
            folder = folder.Parent;
        string clients = Path.Combine(folder!.FullName, "tests", "clients");
        Assert.True(
            Directory.Exists(Path.Combine(clients, "node_modules", "standardwebhooks")),
            "The npm packages of tests/clients are missing: run `npm ci --ignore-scripts` there, or tests/run.");
        string script =
            Script.Match(File.ReadAllText(Path.Combine(folder.FullName, "README.md"))).Groups["script"].Value;
        string listening = script.Replace(
            "listen(9000, \"127.0.0.1\")",
            "listen(0, \"127.0.0.2\", function () { console.log(this.address().port); })", StringComparison.Ordinal);
        Assert.NotEqual(script, listening);
        ProcessStartInfo start = new("node", ["--input-type=module", "--eval", listening])
        {
            UseShellExecute = false, WorkingDirectory = clients, RedirectStandardOutput = true,
        };
        start.Environment["SECRET"] = Secret;
        return Process.Start(start)!;
    }

    [GeneratedRegex("```js\\n(?<script>.+?)```", RegexOptions.Singleline | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Script { get; }
}
