namespace QueueService.Server.Hosting;

/// <summary>Asks a running server whether it is ready: the health check of a container that has no shell.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task<int> Run(string[] args, TextWriter output, TextWriter errors)
    {
        string? address = args switch
        {
            [] => ServerOptions.DefaultAddress,
            ["--url", var url] => url,
            [var option] when option.StartsWith("--url=", StringComparison.Ordinal) => option["--url=".Length..],
            _ => null,
        };
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? server) || server.Scheme is not ("http" or "https"))
        {
            await errors.WriteLineAsync("Usage: health [--url http://127.0.0.1:8080]");
            return 2;
        }

        try
        {
            using HttpClient client = new() { Timeout = Patience };
            using HttpResponseMessage answer = await client.GetAsync(new Uri(server, "/health/ready"));
            await output.WriteLineAsync(await answer.Content.ReadAsStringAsync());
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException or OperationCanceledException)
        {
            await errors.WriteLineAsync($"{server} does not answer: {unreachable.Message}");
            return 1;
        }
    }
}
