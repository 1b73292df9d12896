using System.Text;
using System.Text.Json;

namespace QueueService.Broker.Topics.Filters;

/// <summary>Reads the filter object, and keeps on reading after a problem so that all are told at once.</summary>
internal sealed class FilterReader
{
    private readonly HashSet<string> _seen = [];

    public List<FilterProblem> Problems { get; } = [];

    public FilterScope Scope { get; private set; }

    public Policy? Policy { get; private set; }

    public string? RoutingKey { get; private set; }

    public void Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            Blame("", "must be an object.");
            return;
        }

        JsonElement? scope = null, policy = null;
        foreach (JsonProperty field in json.EnumerateObject())
        {
            string pointer = "/" + Escape(field.Name);
            if (!_seen.Add(field.Name)) Blame(pointer, "is given twice.");
            else if (field.Name is not ("scope" or "policy" or "routingKey"))
                Blame(pointer, "is not a field of a filter: scope, policy and routingKey are.");
            else if (field.Value.ValueKind == JsonValueKind.Null) continue;
            else if (field.Name == "scope") scope = field.Value;
            else if (field.Name == "policy") policy = field.Value;
            else ReadRoutingKey(field.Value);
        }

        if (scope is { } given) ReadScope(given, policy is not null);
        if (policy is { } conditions) Policy = new PolicyReader(Scope, Problems).Read(conditions, "/policy");
    }

    /// <summary>A name as a part of a JSON pointer (RFC 6901).</summary>
    internal static string Escape(string name) =>
        name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private void ReadScope(JsonElement json, bool hasPolicy)
    {
        string? name = json.ValueKind == JsonValueKind.String ? json.GetString() : null;
        if (string.Equals(name, "body", StringComparison.OrdinalIgnoreCase)) Scope = FilterScope.Body;
        else if (!string.Equals(name, "attributes", StringComparison.OrdinalIgnoreCase))
            Blame("/scope", "must be attributes or body.");
        if (!hasPolicy) Blame("/scope", "says what a policy is about, and there is none.");
    }

    private void ReadRoutingKey(JsonElement json)
    {
        const string Pointer = "/routingKey";
        if (json.ValueKind != JsonValueKind.String)
        {
            Blame(Pointer, "must be a string.");
            return;
        }

        RoutingKey = json.GetString()!;
        if (Encoding.UTF8.GetByteCount(RoutingKey) > FilterLimits.RoutingKeyBytes)
            Blame(Pointer, $"must be at most {FilterLimits.RoutingKeyBytes} bytes.");
        foreach (string word in RoutingKey.Split('.'))
        {
            if (word.Length < 2 || word.AsSpan().IndexOfAny('*', '#') < 0) continue;
            Blame(Pointer, "must have * and # as whole words only, between dots.");
            break;
        }
    }

    private void Blame(string pointer, string message) => Problems.Add(new FilterProblem(pointer, message));
}
