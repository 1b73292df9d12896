using System.Text;

namespace QueueService.Benchmarks.Scenarios.Aws;

/// <summary>Encodes requests of the SQS protocol, JSON 1.0, as an SDK sends them, without a signature.</summary>
internal static class AwsRequests
{
    public const string Account = "000000000000";

    public static byte[] Post(string authority, string action, string json)
    {
        byte[] body = Encoding.UTF8.GetBytes(json);
        return [.. Head(authority, action, body.Length), .. body];
    }

    /// <summary>Everything before the body.</summary>
    public static byte[] Head(string authority, string action, int bodyLength) => Encoding.ASCII.GetBytes(
        $"POST / HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/x-amz-json-1.0\r\n" +
        $"X-Amz-Target: AmazonSQS.{action}\r\nx-amzn-query-mode: true\r\nContent-Length: {bodyLength}\r\n\r\n");

    public static string QueueUrl(string authority, string queue) => $"http://{authority}/{Account}/{queue}";
}
