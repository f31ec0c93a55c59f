"""PodTemplates: pod defaults, a generation that follows the template, the rules of templates."""

from __future__ import annotations

from apiserver.registry.core.podtemplates.strategy import PodTemplateStrategy
from kube.api.core_v1 import PodTemplate
from tests.apiserver.registry.driver import create, parse, update

TEMPLATE = "template: {spec: {containers: [{name: c, image: i}]}}"


def test_the_pod_in_it_gets_its_defaults() -> None:
    made, wrong = create(PodTemplateStrategy(), parse(PodTemplate, TEMPLATE))
    assert wrong == [] and made.metadata.generation == 1
    assert made.template.spec.restartPolicy == "Always" and made.template.spec.containers[0].imagePullPolicy == "Always"


def test_the_generation_counts_changes_of_the_template() -> None:
    old, _ = create(PodTemplateStrategy(), parse(PodTemplate, TEMPLATE))
    same, _ = update(PodTemplateStrategy(), old.model_copy(deep=True), old)
    assert same.metadata.generation == 1
    new = old.model_copy(deep=True)
    new.template.spec.restartPolicy = "Never"
    changed, wrong = update(PodTemplateStrategy(), new, old)
    assert (changed.metadata.generation, wrong) == (2, [])


def test_a_template_without_containers_is_refused() -> None:
    _, wrong = create(PodTemplateStrategy(), parse(PodTemplate, "template: {spec: {}}"))
    assert wrong == ["template.spec.containers: Required value"]
