using SwarmOrleans.Contracts;
using SwarmOrleans.Orchestration;
using SwarmOrleans.Security;

namespace SwarmOrleans.Control.Validation;

/// <summary>Checks a cluster's spec before it is stored (API-30).</summary>
internal static class ClusterSpecValidator
{
    public static void Validate(ClusterSpec? spec)
    {
        if (spec is null)
        {
            throw UseCaseException.Invalid("spec: a cluster spec must be given");
        }

        if (spec.CaConfig?.NodeCertExpiry?.ToTimeSpan() < RootCa.MinNodeValidity)
        {
            throw UseCaseException.Invalid("spec.ca_config.node_cert_expiry: minimum certificate expiry time is 1h0m0s");
        }

#pragma warning disable CS0612 // Old clients still send it.
        foreach (var policy in spec.AcceptancePolicy?.Policies ?? [])
#pragma warning restore CS0612
        {
            if (policy.Secret is { } secret && !secret.Alg.Equals("bcrypt", StringComparison.OrdinalIgnoreCase))
            {
                throw UseCaseException.Invalid($"spec.acceptance_policy: hashing algorithm {secret.Alg} is not supported, only bcrypt");
            }
        }

        if (spec.Dispatcher?.HeartbeatPeriod?.ToTimeSpan() < TimeSpan.Zero)
        {
            throw UseCaseException.Invalid("spec.dispatcher.heartbeat_period: heartbeat time period cannot be a negative duration");
        }

        if (spec.DynamicPorts is { } ports && (ports.First == 0 || ports.Last > PortRange.All.Last || ports.First >= ports.Last))
        {
            throw UseCaseException.Invalid($"spec.dynamic_ports: {ports.First}-{ports.Last} must be a range of at least two ports within {PortRange.All}");
        }

        if (spec.Annotations?.Name != "default")
        {
            throw UseCaseException.Invalid("spec.annotations.name: modification of cluster name is not allowed, it must stay default");
        }
    }
}
