using System.Diagnostics;
using System.Text.Json.Nodes;

namespace QueueService.Server.Tests.Webhooks;

/// <summary>Runs tests/clients/webhooks/verify.mjs, which asks npm's libraries.</summary>
internal static class Verifier
{
    public static async Task<JsonNode> Ask(JsonObject question)
    {
        string clients = Clients();
        Assert.True(
            Directory.Exists(Path.Combine(clients, "node_modules", "svix")),
            "The npm packages of tests/clients are missing: run `npm ci --ignore-scripts` there, or tests/run.");
        using Process node = Process.Start(new ProcessStartInfo("node", ["webhooks/verify.mjs"])
        {
            UseShellExecute = false, WorkingDirectory = clients, RedirectStandardInput = true,
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        Task<string> errors = node.StandardError.ReadToEndAsync();
        await node.StandardInput.WriteAsync(question.ToJsonString());
        node.StandardInput.Close();
        string answer = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, await errors);
        return JsonNode.Parse(answer)!;
    }

    private static string Clients()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "QueueService.sln")))
            folder = folder.Parent;
        return Path.Combine(folder!.FullName, "tests", "clients");
    }
}
