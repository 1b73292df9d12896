namespace QueueService.Server.Hosting;

/// <summary>What a person sees first: where the server is, where the data is, and three lines to try.</summary>
internal static class Banner
{
    public static string Text(IEnumerable<string> addresses, ServerOptions options)
    {
        string address = addresses.First();
        string queue = address.Replace("://[::]", "://localhost", StringComparison.Ordinal)
            .Replace("://0.0.0.0", "://localhost", StringComparison.Ordinal) + "/v1/queues/jobs";
        return $"""

              QueueService listens on {string.Join(' ', addresses)}
              data directory   {options.Storage.FullDirectory}
              documentation    {address}/swagger

              Try it: create a queue, send a message, receive and acknowledge it.
                curl -X PUT {queue}
                curl -d 'hello' {queue}/messages
                curl -X POST '{queue}/receive?ack=auto'

            """;
    }
}
