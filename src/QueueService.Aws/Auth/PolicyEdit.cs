using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace QueueService.Aws.Auth;

/// <summary>What AddPermission and RemovePermission do to a policy document: one statement each, named by its Sid; what
/// else is in the document stays.</summary>
internal static class PolicyEdit
{
    private static readonly JsonSerializerOptions Compact =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="policy">The document before; null when there is none.</param>
    /// <returns>Null when there is a statement of this name already.</returns>
    public static string? Add(string? policy, Permission permission)
    {
        JsonObject document = policy is null ? NewPolicy(permission) : JsonNode.Parse(policy)!.AsObject();
        JsonArray statements = Statements(document);
        if (Find(statements, permission.Label) is not null) return null;
        statements.Add(new JsonObject
        {
            ["Sid"] = permission.Label,
            ["Effect"] = "Allow",
            ["Principal"] = new JsonObject { ["AWS"] = OneOrMany(permission.Principals) },
            ["Action"] = OneOrMany(permission.Actions),
            ["Resource"] = permission.Resource,
        });
        return document.ToJsonString(Compact);
    }

    /// <param name="changed">The document after; null when that was its last statement.</param>
    /// <returns>Whether there was a statement of this name.</returns>
    public static bool TryRemove(string? policy, string label, out string? changed)
    {
        changed = policy;
        if (policy is null) return false;
        JsonObject document = JsonNode.Parse(policy)!.AsObject();
        JsonArray statements = Statements(document);
        if (Find(statements, label) is not { } found) return false;
        statements.Remove(found);
        changed = statements.Count == 0 ? null : document.ToJsonString(Compact);
        return true;
    }

    private static JsonObject NewPolicy(Permission permission) => new()
    {
        ["Version"] = "2008-10-17",
        ["Id"] = permission.PolicyId,
    };

    /// <summary>A policy may have one statement without a list around it.</summary>
    private static JsonArray Statements(JsonObject document)
    {
        if (document["Statement"] is JsonArray list) return list;
        JsonArray statements = [];
        if (document["Statement"] is { } single) statements.Add(single.DeepClone());
        document["Statement"] = statements;
        return statements;
    }

    private static JsonNode? Find(JsonArray statements, string label) =>
        statements.FirstOrDefault(statement => (string?)statement!["Sid"] == label);

    private static JsonNode OneOrMany(IReadOnlyList<string> texts) =>
        texts.Count == 1
            ? JsonValue.Create(texts[0])
            : new JsonArray([.. texts.Select(static text => JsonValue.Create(text))]);
}

/// <summary>A statement that lets some accounts do something.</summary>
/// <param name="Label">Its Sid.</param>
/// <param name="Principals">ARNs.</param>
/// <param name="Actions">With their service, as in `SQS:SendMessage`.</param>
/// <param name="Resource">The ARN of the queue or topic.</param>
/// <param name="PolicyId">Of the policy, when there is none yet.</param>
internal sealed record Permission(
    string Label, IReadOnlyList<string> Principals, IReadOnlyList<string> Actions, string Resource, string PolicyId);
