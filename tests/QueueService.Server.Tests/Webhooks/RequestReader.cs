using System.Text;

namespace QueueService.Server.Tests.Webhooks;

/// <summary>Reads requests off a connection, byte by byte where it has to: nothing in between may correct them.
/// </summary>
internal static class RequestReader
{
    /// <summary>Null when the connection has ended.</summary>
    public static async Task<ReceivedRequest?> Read(Stream stream, TimeProvider time, CancellationToken token)
    {
        List<byte> head = [];
        byte[] one = new byte[1];
        while (!EndsHead(head))
        {
            if (await stream.ReadAsync(one, token) == 0) return null;
            head.Add(one[0]);
        }

        string[] lines = Encoding.UTF8.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        string[] start = lines[0].Split(' ');
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        foreach (string line in lines.Skip(1))
        {
            string[] parts = line.Split(": ", 2);
            headers.Add(parts[0], parts[1]);
        }

        byte[] body = new byte[int.Parse(headers.GetValueOrDefault("Content-Length", "0"))];
        await stream.ReadExactlyAsync(body, token);
        return new ReceivedRequest(start[0], start[1], headers, body, time.GetUtcNow());
    }

    private static bool EndsHead(List<byte> head) =>
        head.Count >= 4 && head[^4] == '\r' && head[^3] == '\n' && head[^2] == '\r' && head[^1] == '\n';
}
