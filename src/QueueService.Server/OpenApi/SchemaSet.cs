using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace QueueService.Server.OpenApi;

/// <summary>
/// A short notation for schemas. They are written down instead of derived: the JSON of the data path is read and
/// written by hand, so there is no type to derive them from, and SDK generators get exactly what is meant (plain
/// integers, typed enums, no nullable noise).
/// </summary>
internal sealed class SchemaSet(OpenApiDocument document)
{
    /// <summary>Gives a schema a name under which others refer to it.</summary>
    public void Add(string name, OpenApiSchema schema) => document.AddComponent(name, schema);

    public OpenApiSchemaReference Ref(string name) => new OpenApiSchemaReference(name, document);

    /// <summary>An object; a field whose name ends in `?` is optional.</summary>
    public static OpenApiSchema Object(
        string description, params IEnumerable<(string Name, IOpenApiSchema Schema)> fields)
    {
        OpenApiSchema schema = new()
        {
            Type = JsonSchemaType.Object,
            Description = description,
            Properties = new Dictionary<string, IOpenApiSchema>(),
            Required = new SortedSet<string>(StringComparer.Ordinal),
        };
        foreach ((string name, IOpenApiSchema field) in fields)
        {
            schema.Properties.Add(name.TrimEnd('?'), field);
            if (!name.EndsWith('?')) schema.Required.Add(name);
        }

        return schema;
    }

    /// <summary>An object of a request: unknown fields are refused.</summary>
    public static OpenApiSchema Closed(OpenApiSchema schema)
    {
        schema.AdditionalPropertiesAllowed = false;
        return schema;
    }

    public static OpenApiSchema List(
        string description, IOpenApiSchema items, int? min = null, int? max = null) => new()
    {
        Type = JsonSchemaType.Array, Description = description, Items = items, MinItems = min, MaxItems = max,
    };

    public static OpenApiSchema Text(string description, string? pattern = null, string? format = null) => new()
    {
        Type = JsonSchemaType.String, Description = description, Pattern = pattern, Format = format,
    };

    public static OpenApiSchema Instant(string description) => Text(description, format: "date-time");

    public static OpenApiSchema Flag(string description) => new()
    {
        Type = JsonSchemaType.Boolean, Description = description,
    };

    public static OpenApiSchema Rate(string description) => new()
    {
        Type = JsonSchemaType.Number, Format = "double", Description = description, Minimum = "0",
    };

    public static OpenApiSchema Integer(
        string description, long? min = null, long? max = null, long? otherwise = null) => new()
    {
        Type = JsonSchemaType.Integer,
        Description = description,
        Format = max is <= int.MaxValue ? "int32" : "int64",
        Minimum = min?.ToString(),
        Maximum = max?.ToString(),
        Default = otherwise is null ? null : JsonValue.Create(otherwise.Value),
    };

    /// <summary>Only where null says something that leaving the field out does not, or where a generated client could
    /// not leave it out.</summary>
    public static OpenApiSchema OrNull(OpenApiSchema schema)
    {
        schema.Type |= JsonSchemaType.Null;
        return schema;
    }

    public static OpenApiSchema Choice(string description, params IEnumerable<string> values) => new()
    {
        Type = JsonSchemaType.String,
        Description = description,
        Enum = [.. values.Select(value => (JsonNode)JsonValue.Create(value))],
    };
}
