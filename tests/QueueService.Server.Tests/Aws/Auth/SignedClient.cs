using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using QueueService.Server.Tests.Testing;

namespace QueueService.Server.Tests.Aws.Auth;

/// <summary>Requests in AWS's protocols, signed by code that has nothing in common with the server's.</summary>
/// <param name="keyId">Null: not signed.</param>
internal sealed class SignedClient(Uri server, string? keyId = null, string secret = "")
{
    private const string Form = "application/x-www-form-urlencoded";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });

    /// <summary>When requests say that they were made.</summary>
    public DateTimeOffset Now { get; init; } = TimeProvider.System.GetUtcNow();

    /// <summary>sqs or sns: in signatures, and the version of queries.</summary>
    public string Service { get; init; } = "sqs";

    /// <summary>Of a session; null: none.</summary>
    public string? Token { get; init; }

    public Uri Server => server;

    /// <summary>An action of SQS in JSON 1.0.</summary>
    public async Task<AwsAnswer> Json(string action, string body)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, server)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/x-amz-json-1.0");
        request.Headers.Add("X-Amz-Target", "AmazonSQS." + action);
        return await Send(request, body);
    }

    /// <summary>An action in the query protocol.</summary>
    /// <param name="parameters">As `Name=value`, not encoded.</param>
    public async Task<AwsAnswer> Query(string action, params string[] parameters)
    {
        string version = Service == "sns" ? "2010-03-31" : "2012-11-05";
        string body = string.Join('&', parameters.Prepend("Version=" + version).Prepend("Action=" + action)
            .Select(static parameter => parameter.Split('=', 2))
            .Select(static parts => $"{parts[0]}={Uri.EscapeDataString(parts[1])}"));
        using HttpRequestMessage request = new(HttpMethod.Post, server)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", Form);
        return await Send(request, body);
    }

    /// <summary>A form.</summary>
    public async Task<AwsAnswer> Post(string pathAndQuery, string body)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(server, pathAndQuery))
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", Form);
        return await Send(request, body);
    }

    public async Task<AwsAnswer> Get(string pathAndQuery)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(server, pathAndQuery));
        return await Send(request, "");
    }

    /// <summary>The address of a queue; new.</summary>
    public async Task<string> NewQueue(string attributes = "{}", string suffix = "")
    {
        string name = "q" + Guid.CreateVersion7().ToString("N") + suffix;
        AwsAnswer created = await Json(
            "CreateQueue", $$"""{"QueueName":"{{name}}","Attributes":{{attributes}}}""");
        Assert.True(created.Status == 200, created.Text);
        return (string)created.Json["QueueUrl"]!;
    }

    /// <summary>The path and query of a presigned GET.</summary>
    /// <param name="bodyHash">Null: that of no body, which is not named.</param>
    public string Presign(string path, string query, int seconds, string? bodyHash = null)
    {
        string time = Time();
        string scope = Scope(time, Service);
        string signed = query + "&X-Amz-Algorithm=AWS4-HMAC-SHA256" +
            $"&X-Amz-Credential={Uri.EscapeDataString($"{keyId}/{scope}")}&X-Amz-Date={time}" +
            $"&X-Amz-Expires={seconds}&X-Amz-SignedHeaders=host" +
            (Token is null ? "" : "&X-Amz-Security-Token=" + Uri.EscapeDataString(Token)) +
            (bodyHash is null ? "" : "&X-Amz-Content-Sha256=" + bodyHash);
        string sorted = string.Join('&', signed.Split('&').Order(StringComparer.Ordinal));
        string canonical = $"GET\n{path}\n{sorted}\nhost:{server.Authority}\n\nhost\n{bodyHash ?? Hash("")}";
        return $"{path}?{signed}&X-Amz-Signature={Sign(canonical, time, scope)}";
    }

    private async Task<AwsAnswer> Send(HttpRequestMessage request, string body)
    {
        if (keyId is not null) Sign(request, body);
        using HttpResponseMessage response = await Http.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        string? code = response.Headers.TryGetValues("x-amzn-query-error", out IEnumerable<string>? values)
            ? values.Single() : null;
        return new AwsAnswer((int)response.StatusCode, text, code);
    }

    private void Sign(HttpRequestMessage request, string body)
    {
        string time = Time();
        string scope = Scope(time, Service);
        request.Headers.Add("X-Amz-Date", time);
        SortedDictionary<string, string> headers = new(StringComparer.Ordinal)
        {
            ["host"] = server.Authority, ["x-amz-date"] = time,
        };
        if (Token is not null)
        {
            request.Headers.Add("X-Amz-Security-Token", Token);
            headers["x-amz-security-token"] = Token;
        }

        if (request.Content?.Headers.ContentType is { } type) headers["content-type"] = type.ToString();
        if (request.Headers.TryGetValues("X-Amz-Target", out IEnumerable<string>? target))
            headers["x-amz-target"] = target.Single();
        string names = string.Join(';', headers.Keys);
        string query = request.RequestUri!.Query.TrimStart('?');
        string sorted = string.Join('&', query.Split('&').Order(StringComparer.Ordinal));
        string canonical = $"{request.Method}\n{request.RequestUri.AbsolutePath}\n{sorted}\n" +
            string.Concat(headers.Select(static header => $"{header.Key}:{header.Value}\n")) +
            $"\n{names}\n{Hash(body)}";
        request.Headers.TryAddWithoutValidation(
            "Authorization",
            $"AWS4-HMAC-SHA256 Credential={keyId}/{scope}, SignedHeaders={names}, " +
            $"Signature={Sign(canonical, time, scope)}");
    }

    private string Sign(string canonical, string time, string scope)
    {
        byte[] key = Encoding.UTF8.GetBytes("AWS4" + secret);
        foreach (string part in scope.Split('/')) key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        string text = $"AWS4-HMAC-SHA256\n{time}\n{scope}\n{Hash(canonical)}";
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));
    }

    private string Time() => Now.UtcDateTime.ToString("yyyyMMddTHHmmssZ", CultureInfo.InvariantCulture);

    private static string Scope(string time, string service) => $"{time[..8]}/us-east-1/{service}/aws4_request";

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

/// <param name="QueryError">The header that tells SDKs the code.</param>
internal sealed record AwsAnswer(int Status, string Text, string? QueryError)
{
    public JsonNode Json => JsonNode.Parse(Text)!;

    public bool IsXml => Text.StartsWith('<');

    /// <summary>What SDKs show as the code of the error.</summary>
    public string Code => IsXml ? Value("Code") : QueryError!.Split(';')[0];

    public string Message => IsXml ? Value("Message") : (string)Json["message"]!;

    /// <summary>The text of the XML elements of this name.</summary>
    public string[] Values(string element) =>
        [.. XDocument.Parse(Text).Descendants().Where(node => node.Name.LocalName == element).Select(static node => node.Value)];

    public string Value(string element) => Assert.Single(Values(element));

    public void ShouldBe(int status, string code, string message = "")
    {
        Assert.True(Status == status, Text);
        Assert.Equal(code, Code);
        Assert.Contains(message, Message, StringComparison.Ordinal);
    }

    public AwsAnswer ShouldSucceed()
    {
        Assert.True(Status == 200, $"{Status} {Text}");
        return this;
    }
}
