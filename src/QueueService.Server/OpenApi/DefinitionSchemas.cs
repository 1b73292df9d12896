using Microsoft.OpenApi;
using QueueService.Server.Queues;
using static QueueService.Server.OpenApi.SchemaSet;

namespace QueueService.Server.OpenApi;

/// <summary>The fields that owners declare, from the tables that also parse them.</summary>
internal static class DefinitionSchemas
{
    /// <summary>As they are given: every one is optional. Defaults are told in words: of a `default`,
    /// openapi-typescript makes a required field, and NSwag's client sends it although nobody set it.</summary>
    public static IEnumerable<(string Name, IOpenApiSchema Schema)> Settings(SchemaSet set, DefinitionFields fields)
    {
        foreach (QueueField field in fields.Values)
        {
            long value = field.Get(fields.Defaults);
            string otherwise = field.IsOptional ? "no limit" : field.IsFlag ? (value == 1 ? "true" : "false")
                : field.Choices.Length == 0 ? value.ToString() : $"`{field.Choices[value]}`";
            yield return (field.Name + "?", Schema(set, field, $"{field.Description} Default: {otherwise}."));
        }

        foreach (QueuePolicy policy in fields.Policies)
            yield return (policy.Name + "?", Named(set, policy.Schema, policy.Description));
    }

    /// <summary>As they are shown: what has no value is never written as null.</summary>
    public static IEnumerable<(string Name, IOpenApiSchema Schema)> Declared(SchemaSet set, DefinitionFields fields) =>
    [
        .. fields.Values.Select(field =>
            (field.Name + (field.IsOptional ? "?" : ""), Schema(set, field, field.Description))),
        .. fields.Policies.Select(policy => (
            policy.Name + (policy.IsOptional ? "?" : ""),
            (IOpenApiSchema)Named(set, policy.StateSchema ?? policy.Schema, policy.Description))),
    ];

    /// <summary>Without the fields that cannot change, so that no generated client sends them.</summary>
    public static IEnumerable<(string Name, IOpenApiSchema Schema)> Changes(SchemaSet set, DefinitionFields fields) =>
        fields.Values.Where(static field => !field.Immutable)
            .Select(field => (field.Name + "?", field.Choices.Length > 0
                ? Named(set, field.Schema, field.Description)
                : (IOpenApiSchema)OrNull((OpenApiSchema)Schema(set, field, field.Description))))
            .Concat(fields.Policies.Where(static policy => !policy.Immutable).Select(policy =>
                (policy.Name + "?", (IOpenApiSchema)set.Ref(policy.ChangesSchema ?? policy.Schema))));

    private static IOpenApiSchema Schema(SchemaSet set, QueueField field, string description) =>
        field.IsFlag ? Flag(description)
        : field.Choices.Length == 0 ? Integer(description, field.Min, field.Max)
        : Named(set, field.Schema, description);

    private static OpenApiSchemaReference Named(SchemaSet set, string schema, string description)
    {
        OpenApiSchemaReference reference = set.Ref(schema);
        reference.Description = description;
        return reference;
    }
}
