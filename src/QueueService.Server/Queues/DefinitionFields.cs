using QueueService.Broker.Queues;
using QueueService.Server.Http;

namespace QueueService.Server.Queues;

/// <summary>What the owner of a queue, a topic or a subscription declares.</summary>
/// <param name="defaults">Of fields that are left out.</param>
internal sealed class DefinitionFields(QueueConfig defaults, QueueField[] values, QueuePolicy[] policies)
{
    public QueueConfig Defaults => defaults;

    public QueueField[] Values => values;

    public QueuePolicy[] Policies => policies;

    /// <summary>Those of the values, and after them those of the policies.</summary>
    public FieldNames Names { get; } =
        new([.. values.Select(static field => field.Name), .. policies.Select(static policy => policy.Name)]);

    /// <summary>Writes the declared fields, each with a comma in front.</summary>
    public void Write(JsonOutput output, QueueDescription definition)
    {
        foreach (QueueField field in values)
        {
            long value = field.Get(definition.Config);
            if (field.IsOptional && value == 0) continue;
            output.Raw(","u8).Text(field.Name).Raw(":"u8);
            if (field.IsFlag) output.Raw(value == 1 ? "true"u8 : "false"u8);
            else if (field.Choices.Length > 0) output.Text(field.Choices[value]);
            else output.Number(value);
        }

        foreach (QueuePolicy policy in policies)
        {
            int before = output.Length;
            output.Raw(","u8).Text(policy.Name).Raw(":"u8);
            if (policy.WriteState is { } write) write(output, definition);
            else if (!policy.Write(output, definition.Config)) output.Truncate(before);
        }
    }
}
