namespace QueueService.Broker.Topics.Filters;

/// <summary>What the keys of a policy name.</summary>
public enum FilterScope
{
    /// <summary>The attributes of a message.</summary>
    Attributes,

    /// <summary>The keys of a body that is a JSON object.</summary>
    Body,
}
