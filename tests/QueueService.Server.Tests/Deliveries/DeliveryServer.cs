using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Hosting;
using QueueService.Server.Tests.Testing;
using QueueService.Server.Tests.Webhooks;

namespace QueueService.Server.Tests.Deliveries;

/// <summary>The real server; its webhooks may reach 127.0.0.2 and no other address of loopback.</summary>
public sealed class DeliveryServer : RunningServer
{
    public const string Origin = "queue.example.com";

    protected override void Configure(IWebHostBuilder builder)
    {
        builder.UseSetting("Webhooks:AllowedNetworks:0", "127.0.0.2/32");
        builder.UseSetting("Webhooks:Origin", Origin);
    }
}

[CollectionDefinition(Name)]
public sealed class DeliveryCollection : ICollectionFixture<DeliveryServer>
{
    public const string Name = "deliveries";
}

/// <summary>What tests of deliveries ask for.</summary>
internal static class Ask
{
    /// <summary>A webhook with these fields beside its type and its address.</summary>
    public static string Webhook(string url, string more = "", string settings = "") =>
        $$"""{"target":{"type":"webhook","url":"{{url}}"{{more}}}{{settings}}}""";

    public static string List(string subscription, string query = "")
    {
        string[] parts = subscription.Split('/');
        return $"/v1/deliveries?subscription={parts[3]}/{parts[5]}{query}";
    }

    /// <summary>Whether one of the signatures is made with this secret, as Standard Webhooks has it.</summary>
    public static bool IsSignedBy(this ReceivedRequest request, string secret)
    {
        string signed = $"{request.Headers["webhook-id"]}.{request.Headers["webhook-timestamp"]}.{request.Text}";
        byte[] key = Convert.FromBase64String(secret["whsec_".Length..]);
        string signature = "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(signed)));
        return request.Headers["webhook-signature"].Split(' ').Contains(signature);
    }

    /// <summary>Asks until there are so many deliveries of a status; every question waits for a commit.</summary>
    public static async Task<JsonNode[]> Until(this Api api, string subscription, string status, int count)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (true)
        {
            Answer page = await api.Get(List(subscription, $"&status={status}"));
            Assert.Equal(200, page.Status);
            JsonNode[] items = [.. page.Json["items"]!.AsArray().Select(static item => item!)];
            if (items.Length >= count) return items;
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Asks until every delivery that waits has been attempted so often.</summary>
    public static async Task<JsonNode> UntilAttempted(this Api api, string subscription, int attempts)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (true)
        {
            JsonNode[] items = await api.Until(subscription, "pending", 1);
            if (items.All(item => (int)item["attempts"]! >= attempts && item["nextAttemptAt"] is not null))
                return items[0];
            patience.Token.ThrowIfCancellationRequested();
        }
    }
}
